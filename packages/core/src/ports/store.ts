import type { Effect, Parameters, Priority } from '../plugin/effects.ts'
import type { DeadLetter, DeadLetters } from './dead-letters.ts'
import type { Position, Positions } from './source.ts'

/** The event that effects came from, as far as it is kept. */
export interface EventRef {
  readonly source: string
  readonly id: string
  readonly type: string
  /** RFC 3339. */
  readonly time: string
  readonly key: string
  readonly traceparent?: string
}

/** What one plugin wants done about one event, in order. */
export interface PluginEffects {
  readonly plugin: string
  readonly effects: readonly Effect[]
}

/** One record, decided: `event` is absent where the record could not be read as one. */
export interface Entry {
  readonly offset: number
  readonly event?: EventRef
  readonly effects: readonly PluginEffects[]
  readonly deadLetters: readonly DeadLetter[]
}

/** Entries of one partition in the order of their offsets; applied only where the partition's position is `from`, which becomes `next`. */
export interface Slice {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly next: number
  readonly entries: readonly Entry[]
}

/** What is applied in one transaction, in this order. `at` is the moment, in milliseconds since 1970, that new notifications carry. */
export interface Batch {
  readonly at: number
  readonly slices: readonly Slice[]
}

/** A notification as its person sees it (docs/protocol.md). A withdrawn one has empty texts. */
export interface Notification {
  /** The inbox's number when it arrived: its name. */
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

/** How an inbox went from the head `after` to `head`: every notification changed in between, in its latest form, by `rev`. */
export interface Change {
  readonly person: string
  readonly after: number
  readonly head: number
  readonly unread: number
  /** Everything with `seq` up to here was marked read by one mark, numbered between `after` and `head`. */
  readonly readThrough?: number
  readonly items: readonly Notification[]
}

/** Where an event stands that had been applied before. */
export interface Repeat {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What became of a batch. */
export interface Applied {
  /** One for each person whose inbox changed. */
  readonly changes: readonly Change[]
  /** Partitions whose position was not `from`, with the position they have: nothing of them was applied. */
  readonly lost: readonly Position[]
  /** Events that had been applied before: they had no effects, and left no dead letters. */
  readonly repeats: readonly Repeat[]
  /** Notifications to people who are erased: they went nowhere. */
  readonly dropped: number
  /** People who were erased. */
  readonly erased: readonly string[]
  /** Large audiences that `fanOut` has to reach now. */
  readonly fanOuts: number
}

/** What one step of `fanOut` has done, and whether there is more to do. */
export interface FannedOut {
  readonly changes: readonly Change[]
  readonly more: boolean
  /** Whose the oldest one was and why it could not be told, which is given up and kept as a dead letter (FAN_OUT_REFUSED). */
  readonly refused?: { readonly plugin: string; readonly why: string }
}

/** How long things are kept; moments in milliseconds since 1970. */
export interface Retention {
  /** Now: what is withdrawn today is deleted a day later. */
  readonly at: number
  /** What is read or archived and older than this is deleted. */
  readonly readBefore: number
  /** What is older than this is withdrawn if it is not read, and deleted. */
  readonly before: number
}

/** What one step of `retain` has done: `next` is where the next one begins, absent at the end. */
export interface Retained {
  readonly changes: readonly Change[]
  readonly deleted: number
  readonly next?: string
}

/** Which part of an inbox to list. */
export interface PageQuery {
  /** 1–200 */
  readonly limit: number
  /** Only what has a lower `seq`. */
  readonly before?: number
  /** `all` is everything that is not archived. */
  readonly filter: 'all' | 'unread' | 'archived'
  readonly category?: string
}

/** A part of an inbox, newest first; `next` is the `before` of the next part, absent at the end. */
export interface Page {
  readonly items: readonly Notification[]
  readonly head: number
  readonly unread: number
  readonly next?: number
}

/** What a client lacks after a number, or `reset` where that is more than is replayed. */
export type Replay =
  | ({ readonly kind: 'changes' } & Omit<Change, 'person'>)
  | { readonly kind: 'reset'; readonly head: number; readonly unread: number }

/** A mark's outcome; `change` is absent where nothing changed and no number was taken. */
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
  /** The audience that its person was in; absent where the person was named. */
  readonly audience?: string
}

/** An event that one plugin is not given again, or a record that is not decoded again: it blocked a thread, or ended it. */
export interface Blocked {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Absent where the record itself is to blame, which is kept from all plugins. */
  readonly plugin?: string
  /** What it did, in words. */
  readonly why: string
}

/**
 * Where inboxes live. Every method is one transaction. Of a position, an identity, a key, an inbox and an erasure all together behave as
 * if they ran one after the other; who is in an audience, and what a profile says, is what was committed by the time that it was read.
 * STORE_UNAVAILABLE says that the store is away or busy and that the same call may succeed later; any other error is final for that call.
 */
export interface Store extends Positions {
  /** Names this store's history; heads of different epochs cannot be compared. It may change while the store is open. */
  readonly epoch: string
  /** Draws another name for this store's history: what it was is known to have been restored from a copy. */
  renew(): Promise<void>
  /** Moves positions that an operator has decided on; each only where it still is `from`. Answers how many have moved. */
  movePositions(moves: readonly { readonly from: Position; readonly to: Position }[]): Promise<number>
  apply(batch: Batch): Promise<Applied>
  page(person: string, query: PageQuery): Promise<Page>
  notification(person: string, seq: number): Promise<Notification | undefined>
  why(person: string, seq: number): Promise<Why | undefined>
  /** Sets or clears marks of one notification; undefined where the person has no such notification. */
  mark(
    person: string,
    seq: number,
    marks: { readonly read?: boolean; readonly archived?: boolean },
  ): Promise<Marked<Notification> | undefined>
  /** Everything up to `through` is read; beyond the head means the head. */
  readThrough(person: string, through: number): Promise<Marked<{ readonly head: number; readonly unread: number }>>
  /** What a client lacks that has `after`; without `after`, the present head and nothing else. At most 1,000 items, else a reset. */
  replay(person: string, after: number | undefined): Promise<Replay>
  /** The heads of these people's inboxes; people without an inbox are left out. */
  heads(people: readonly string[]): Promise<ReadonlyMap<string, number>>
  /**
   * Tells (or withdraws from) the next people of a large audience, at most `limit` of them; `at` is what they see as the moment. One whose
   * message this version does not know (MESSAGE_NOT_RENDERED) may be left to others for a while.
   */
  fanOut(at: number, limit: number): Promise<FannedOut>
  /** Withdraws what has expired by `at` (milliseconds since 1970), at most `limit` notifications at a time. */
  expire(at: number, limit: number): Promise<readonly Change[]>
  /** Deletes what is old from the inboxes of the next people, from `next` of the step before on. */
  retain(rules: Retention, from?: string): Promise<Retained>
  /** Forgets some identities of events, dead letters and memberships that ended before these moments; answers how many. */
  prune(before: { readonly identities: number; readonly others: number }): Promise<number>
  /**
   * Finds out whom the next dead letters name whose names are not known yet, because a version before wrote them or because they have very
   * many; answers whether there were any.
   */
  nameLetters(): Promise<boolean>
  /**
   * The end of everything kept about a person: inbox, profile, memberships, what is still to reach them, dead letters that name them.
   * Until a later `user.created` nothing reaches them. `at` is milliseconds since 1970; answers whether anything was known of them.
   */
  erase(person: string, at: number): Promise<boolean>
  /** Those of these people who are erased. */
  erased(people: readonly string[]): Promise<readonly string[]>
  readonly deadLetters: DeadLetters
  /** Topics that an operator has paused; it outlives a restart. */
  pausedTopics(): Promise<readonly string[]>
  setPaused(topic: string, paused: boolean): Promise<void>
  /** Keeps in mind that a plugin is not to be given an event, or a record not to be decoded; forgotten once its partition is applied beyond. */
  block(blocked: Blocked): Promise<void>
  /** What is not to be given to plugins, or not to be decoded, of these topics, from their positions on. */
  blocked(topics: readonly string[]): Promise<readonly Blocked[]>
  /** Resolves when the store answers and is migrated, with what it cannot do for now, in words, if there is anything. */
  ready(): Promise<string | undefined>
  close(): Promise<void>
}
