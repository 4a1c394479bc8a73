import type { Parameters, Priority } from '../plugin/effects.ts'
import type { EventRef } from './event-ref.ts'

/** A notification as its person sees it (docs/protocol.md). A withdrawn one has empty texts. */
export interface Notification {
  /** The inbox's number when it arrived; identifies it within the inbox. */
  readonly seq: number
  /** The inbox's number at its latest change. */
  readonly rev: number
  /** `<plugin>.<message>` */
  readonly type: string
  readonly category?: string
  readonly priority: Priority
  readonly title: string
  readonly body: string
  readonly link?: string
  readonly data?: Readonly<Record<string, unknown>>
  /** RFC 3339 in UTC. */
  readonly createdAt: string
  readonly expiresAt?: string
  readonly read: boolean
  readonly archived: boolean
  readonly withdrawn: boolean
}

/** The change of an inbox from the head `after` to `head`: every notification that changed in between, in its latest form, sorted by `rev`. */
export interface Change {
  readonly person: string
  readonly after: number
  readonly head: number
  readonly unread: number
  /** Everything with `seq` up to this number was marked as read by one mark, whose number lies between `after` and `head`. */
  readonly readThrough?: number
  readonly items: readonly Notification[]
}

/** Which part of an inbox to list. */
export interface PageQuery {
  /** 1–200 */
  readonly limit: number
  /** Only notifications with a lower `seq`. */
  readonly before?: number
  /** `all` is everything that is not archived. */
  readonly filter: 'all' | 'unread' | 'archived'
  readonly category?: string
}

/** A page of an inbox, newest first; `next` is the `before` of the next page, absent at the end. */
export interface Page {
  readonly items: readonly Notification[]
  readonly head: number
  readonly unread: number
  readonly next?: number
}

/** What a client lacks after a number, or `reset` if that is more than is replayed. */
export type Replay = (
  | ({ readonly kind: 'changes' } & Omit<Change, 'person'>)
  | { readonly kind: 'reset'; readonly head: number; readonly unread: number }
) & {
  /** What had expired and was withdrawn before the read, so that frames alone lead to the list that a page shows. */
  readonly change?: Change
}

/** The result of a mark; `change` is absent if nothing changed and no number was taken. */
export interface Marked<Answer> {
  readonly answer: Answer
  readonly change?: Change
}

/** Why a notification is there. */
export interface Why {
  readonly event: Omit<EventRef, 'key'>
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly plugin: string
  readonly message: string
  readonly parameters: Parameters
  /** The audience that its person was in; absent if the person was named. */
  readonly audience?: string
}

/**
 * The notifications of each person, in order, with their marks. Lists and counts of one answer are of one moment: what has expired by then
 * is in neither. A change of an inbox withdraws first what has expired in it.
 */
export interface Inboxes {
  page(person: string, query: PageQuery): Promise<Page>
  notification(person: string, seq: number): Promise<Notification | undefined>
  why(person: string, seq: number): Promise<Why | undefined>
  /** Sets or clears marks of one notification; undefined if the person has no such notification. */
  mark(
    person: string,
    seq: number,
    marks: { readonly read?: boolean; readonly archived?: boolean },
  ): Promise<Marked<Notification> | undefined>
  /** Marks everything up to `through` as read; a number beyond the head means the head. */
  readThrough(person: string, through: number): Promise<Marked<{ readonly head: number; readonly unread: number }>>
  /** What a client that has `after` lacks; without `after`, the present head and no items. At most 1,000 items, otherwise a reset. */
  replay(person: string, after: number | undefined): Promise<Replay>
  /** The heads of these people's inboxes; people without an inbox are left out. */
  heads(people: readonly string[]): Promise<ReadonlyMap<string, number>>
}
