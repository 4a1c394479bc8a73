import type { Change, Notification, Page, PageQuery, Replay, Why } from '../../ports/inboxes.ts'
import type { Retention } from '../../ports/upkeep-steps.ts'

/** A notification with what its person does not see. `ownRead` is null where the inbox's `readThrough` decides. */
export interface Row {
  shown: Omit<Notification, 'read'>
  readonly plugin: string
  readonly key: string | undefined
  readonly why: Why
  ownRead: boolean | null
  withdrawnAt: number
}

const DAY = 86_400_000

/** One inbox: every change takes the next number, and withdraws before what has expired. Moments are milliseconds since 1970. */
export class MemoryInbox {
  head: number
  /** The highest number that was deleted. */
  floor: number
  #readThrough = 0
  /** The number of the change that set it. */
  #readThroughRev = 0
  #rows: Row[] = []

  constructor(head = 0) {
    this.head = head
    this.floor = head
  }

  /** Its numbers at a moment; without one, what has expired counts until it is withdrawn. */
  numbers(now = Number.NEGATIVE_INFINITY): { head: number; unread: number } {
    const counts = (row: Row) => isLive(row, now) && !row.shown.archived && !this.#isRead(row)
    return { head: this.head, unread: this.#rows.filter(counts).length }
  }

  arrive(
    row: Omit<Row, 'ownRead' | 'withdrawnAt' | 'shown'> & { shown: Omit<Row['shown'], 'seq' | 'rev'> },
    at: number,
  ): void {
    this.withdrawDue(at)
    const seq = ++this.head
    this.#rows.push({ ...row, shown: { seq, rev: seq, ...row.shown }, ownRead: null, withdrawnAt: 0 })
  }

  holds = (plugin: string, key: string | undefined): boolean => this.#withKey(plugin, key).length > 0

  withdrawKey(plugin: string, key: string | undefined, at: number): void {
    this.withdrawDue(at)
    for (const row of this.#withKey(plugin, key)) this.withdraw(row, at)
  }

  withdrawDue(at: number): void {
    for (const row of this.due(at)) this.withdraw(row, at)
  }

  withdraw(row: Row, at: number): void {
    const { title: _, body: __, link: ___, data: ____, ...rest } = row.shown
    row.shown = { ...rest, title: '', body: '', withdrawn: true, rev: ++this.head }
    row.withdrawnAt = at
  }

  /** What has expired by this moment and is not withdrawn. */
  due = (at: number): readonly Row[] => this.#rows.filter(({ shown }) => !shown.withdrawn && hasExpired(shown, at))

  page({ limit, before = Number.POSITIVE_INFINITY, filter, category }: PageQuery, now: number): Page {
    const rows = this.#rows.filter((row) => {
      const { seq, archived, category: own } = row.shown
      if (!isLive(row, now) || seq >= before || (category !== undefined && category !== own)) return false
      return filter === 'archived' ? archived : !archived && (filter === 'all' || !this.#isRead(row))
    })
    const items = rows
      .reverse()
      .slice(0, limit)
      .map((row) => this.#show(row))
    const next = rows.length > limit ? items.at(-1)?.seq : undefined
    return { items, ...this.numbers(now), ...(next !== undefined && { next }) }
  }

  notification(seq: number, now: number): Notification | undefined {
    const row = this.#live(seq, now)
    return row && this.#show(row)
  }

  why = (seq: number): Why | undefined => structuredClone(this.#rows.find(({ shown }) => shown.seq === seq)?.why)

  /** Sets marks; returns the notification, and whether anything changed. */
  mark(seq: number, marks: { readonly read?: boolean; readonly archived?: boolean }, now: number) {
    const row = this.#live(seq, now)
    if (!row) return undefined
    const [read, archived] = [marks.read ?? this.#isRead(row), marks.archived ?? row.shown.archived]
    const changed = read !== this.#isRead(row) || archived !== row.shown.archived
    if (changed) this.withdrawDue(now)
    if (read !== this.#isRead(row)) row.ownRead = read
    if (changed) row.shown = { ...row.shown, archived, rev: ++this.head }
    return { answer: this.#show(row), changed }
  }

  /** Marks everything up to a number as read; returns whether anything changed. */
  readThrough(through: number, now: number): boolean {
    const upTo = Math.min(through, this.head)
    const touched = this.#rows.some((row) => isLive(row, now) && row.shown.seq <= upTo && !this.#isRead(row))
    if (upTo < this.#readThrough || !touched) return false
    this.withdrawDue(now)
    for (const row of this.#rows) if (row.shown.seq <= upTo && row.ownRead === false) row.ownRead = null
    this.#readThrough = upTo
    this.#readThroughRev = ++this.head
    return true
  }

  /** How it went from a number to now. */
  changeSince(after: number): Omit<Change, 'person'> {
    const mark = this.#readThroughRev > after ? { readThrough: this.#readThrough } : {}
    return { after, ...this.numbers(), ...mark, items: this.#lacking(after).map((row) => this.#show(row)) }
  }

  /** What a client lacks after a number; what has expired is withdrawn before, unless the client must load everything anyway. */
  replay(given: number | undefined, now: number): Replay {
    const isLost = (after: number) => after > this.head || after < this.floor || this.#lacking(after).length > 1_000
    const wasLost = given !== undefined && isLost(given)
    this.withdrawDue(now)
    const after = given ?? this.head
    return wasLost || isLost(after)
      ? { kind: 'reset', ...this.numbers() }
      : { kind: 'changes', ...this.changeSince(after) }
  }

  /** Deletes or withdraws old notifications; returns how many were deleted. */
  retain({ at, readBefore, before }: Retention): number {
    const created = ({ shown }: Row) => Date.parse(shown.createdAt)
    const done = (row: Row) => created(row) < readBefore && (row.shown.archived || this.#isRead(row))
    const gone = this.#rows.filter((row) => (row.shown.withdrawn ? row.withdrawnAt <= at - DAY : done(row)))
    this.#rows = this.#rows.filter((row) => !gone.includes(row))
    for (const { shown } of gone) this.floor = Math.max(this.floor, shown.rev)
    for (const row of this.#rows) if (!row.shown.withdrawn && created(row) < before) this.withdraw(row, at)
    return gone.length
  }

  #isRead = ({ ownRead, shown }: Row): boolean => ownRead ?? shown.seq <= this.#readThrough
  #show = (row: Row): Notification => structuredClone({ ...row.shown, read: this.#isRead(row) })
  #live = (seq: number, now: number) => this.#rows.find((row) => row.shown.seq === seq && isLive(row, now))
  #withKey = (plugin: string, key: string | undefined) =>
    this.#rows.filter((row) => row.plugin === plugin && row.key === key && !row.shown.withdrawn)
  #lacking = (after: number) =>
    this.#rows.filter(({ shown }) => shown.rev > after).sort((a, b) => a.shown.rev - b.shown.rev)
}

const hasExpired = ({ expiresAt }: Pick<Notification, 'expiresAt'>, at: number) =>
  expiresAt !== undefined && Date.parse(expiresAt) <= at
const isLive = ({ shown }: Row, now: number) => !shown.withdrawn && !hasExpired(shown, now)
