import type { Change } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'
import {
  type Changeable,
  changeable,
  changeableTypes,
  isRead,
  type NewRow,
  type NotificationRow,
  newColumns,
  newColumnTypes,
  notificationOf,
  setChangeable,
} from './columns.ts'

/** An inbox whose row is locked. */
export interface LockedInbox {
  readonly head: number
  readonly unread: number
  readonly read_through: number
}

/** Locks the inboxes of these people in one order, as far as they have one. What later statements read of them stays as it is. */
export async function lockInboxes(
  trx: Transaction<Tables>,
  people: readonly string[],
): Promise<ReadonlyMap<string, LockedInbox>> {
  const { rows } = await sql<LockedInbox & { person: string }>`select person, head, unread, read_through
    from inbox where person = any(${[...people]}::text[]) order by person for update`.execute(trx)
  return new Map(rows.map(({ person, ...inbox }) => [person, inbox]))
}

type Step =
  | { readonly kind: 'arrival'; readonly row: NewRow }
  | { readonly kind: 'change'; readonly row: NotificationRow }
  | { readonly kind: 'whole inbox'; readonly row?: undefined }

/**
 * The changes of one inbox in one transaction. Each takes the next number, and the count of the unread moves with it. A row that changes
 * twice (it arrives, and is withdrawn) takes two numbers and keeps the later one as its `rev`.
 *
 * Rows that are in the table already must have been read while the inbox was locked. Rows that arrive need no lock before `write`.
 */
export class NumberedInbox {
  readonly #person: string
  readonly #readThrough: number
  /** What each number is taken for. */
  readonly #steps: Step[] = []
  readonly #arrived = new Set<NotificationRow>()
  #unread = 0

  /** @param readThrough `read_through` of the locked inbox; it does not matter for rows that arrive */
  constructor(person: string, readThrough = 0) {
    this.#person = person
    this.#readThrough = readThrough
  }

  /** A notification arrives. */
  arrive(row: NewRow): void {
    this.#arrived.add(row)
    this.#unread += Number(this.#isUnread(row))
    this.#steps.push({ kind: 'arrival', row })
  }

  /** A notification is withdrawn, or its marks change. */
  change(row: NotificationRow, to: Partial<Changeable>): void {
    const was = this.#isUnread(row)
    Object.assign(row, to)
    this.#unread += Number(this.#isUnread(row)) - Number(was)
    this.#steps.push({ kind: 'change', row })
  }

  /** The inbox itself changes: this many of its notifications are not unread any more. */
  changeAll(read: number): void {
    this.#unread -= read
    this.#steps.push({ kind: 'whole inbox' })
  }

  /**
   * Writes the changes of these inboxes at this moment: heads and arrivals by a statement that is sent at once, and then the rows that were
   * there before, whose numbers follow from it. Inboxes without changes are left out of what it returns.
   */
  static async write(executor: Executor, inboxes: readonly NumberedInbox[], at: Date): Promise<readonly Change[]> {
    const changed = inboxes.filter((inbox) => inbox.#steps.length > 0)
    if (changed.length === 0) return []
    for (const inbox of changed) inbox.#numberFromEnd(at)
    const heads = await moveHeads(
      executor,
      changed.map((inbox) => ({ person: inbox.#person, numbers: inbox.#steps.length, unread: inbox.#unread })),
      changed.flatMap((inbox) => inbox.#arrivals()),
    )
    const changes = changed.map((inbox) => inbox.#changeTo(heads.get(inbox.#person)))
    const updates = changed.flatMap((inbox) => inbox.#updates())
    await updateChanged(executor, updates, at)
    return changes
  }

  /** A row that arrives is above every mark. */
  #isUnread(row: NotificationRow): boolean {
    const read = this.#arrived.has(row) ? row.read === true : isRead(row, this.#readThrough)
    return !read && !row.archived && !row.withdrawn
  }

  /** The rows that change, each once. */
  #rows(): readonly NotificationRow[] {
    return [...new Set(this.#steps.flatMap(({ row }) => row ?? []))]
  }

  #arrivals() {
    return this.#steps.flatMap((step) => (step.kind === 'arrival' ? { person: this.#person, row: step.row } : []))
  }

  #updates() {
    return this.#rows().flatMap((row) => (this.#arrived.has(row) ? [] : { person: this.#person, row }))
  }

  /** Numbers each step from the new head, which is read only when it is written: the last step is 0, the one before it -1. */
  #numberFromEnd(at: Date): void {
    for (const [index, { kind, row }] of this.#steps.entries()) {
      if (row === undefined) continue
      row.rev = index + 1 - this.#steps.length
      if (kind === 'arrival') row.seq = row.rev
    }
    for (const { row } of this.#arrivals()) if (row.withdrawn) row.withdrawn_at = at
  }

  /** Gives the rows their numbers by the new head, and returns how the inbox went. */
  #changeTo({ head, unread } = { head: 0, unread: 0 }): Change {
    const rows = this.#rows()
    for (const row of rows) {
      row.rev += head
      if (this.#arrived.has(row)) row.seq += head
    }
    return {
      person: this.#person,
      after: head - this.#steps.length,
      head,
      unread,
      items: rows.toSorted((a, b) => a.rev - b.rev).map((row) => notificationOf(row, this.#readThrough)),
    }
  }
}

/** Withdraws rows of locked inboxes, which were read after that, in this order. */
export async function withdrawRows(
  trx: Transaction<Tables>,
  locked: ReadonlyMap<string, LockedInbox>,
  rows: readonly (NotificationRow & { readonly person: string })[],
  at: Date,
): Promise<readonly Change[]> {
  const inboxes = [...Map.groupBy(rows, ({ person }) => person)].flatMap(([person, own]) => {
    const inbox = locked.get(person)
    if (inbox === undefined) return []
    const numbered = new NumberedInbox(person, inbox.read_through)
    for (const row of own) numbered.change(row, { withdrawn: true })
    return numbered
  })
  return NumberedInbox.write(trx, inboxes, at)
}

/** Moves heads, and inserts what has arrived, its numbers counted from the new head; returns the inboxes as they are then. */
async function moveHeads(
  executor: Executor,
  moves: readonly { readonly person: string; readonly numbers: number; readonly unread: number }[],
  arrivals: readonly { readonly person: string; readonly row: NewRow }[],
): Promise<ReadonlyMap<string, { readonly head: number; readonly unread: number }>> {
  const arrived = arrivals.map(({ person, row }) => ({ person, ...row }))
  const { rows } = await sql<{ person: string; head: number; unread: number }>`with moved as (
      insert into inbox as i (person, head, unread)
      select r.person, r.numbers, r.unread
      from ${records(moves, 'person text collate "C", numbers int, unread int')} order by r.person
      on conflict (person) do update set head = i.head + excluded.head, unread = i.unread + excluded.unread
      returning person, head, unread),
    arrived as (
      insert into notification (person, seq, rev, ${newColumns})
      select r.person, moved.head + r.seq, moved.head + r.rev, ${newColumns}
      from ${records(arrived, `person text, seq int, rev int, ${newColumnTypes}`)} join moved using (person))
    select person, head, unread from moved`.execute(executor)
  return new Map(rows.map(({ person, head, unread }) => [person, { head, unread }]))
}

async function updateChanged(
  executor: Executor,
  changed: readonly { readonly person: string; readonly row: NotificationRow }[],
  at: Date,
): Promise<void> {
  if (changed.length === 0) return
  const rows = changed.map(({ person, row }) => ({
    person,
    seq: row.seq,
    rev: row.rev,
    ...Object.fromEntries(changeable.map((name) => [name, row[name]])),
  }))
  await sql`update notification n set rev = r.rev, ${setChangeable},
      withdrawn_at = case when r.withdrawn then ${at.toISOString()}::timestamptz end
    from ${records(rows, `person text, seq int, rev int, ${changeableTypes}`)}
    where n.person = r.person and n.seq = r.seq`.execute(executor)
}
