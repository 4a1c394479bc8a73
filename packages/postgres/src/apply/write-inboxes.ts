import type { Change, Notification, Profile, Render } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { keyName } from '../inbox/keys.ts'
import { isRead, type NotificationRow, notificationOf, shownColumns } from '../inbox/notification-row.ts'
import type { Tables } from '../schema/tables.ts'
import type { InboxChange } from './plan.ts'
import { loadProfiles } from './profiles.ts'

type Stored = NotificationRow & { readonly person: string; readonly key: string | null }
type Arrival = Extract<InboxChange, { kind: 'arrival' }>

/** One inbox while it is numbered: each step takes the next number, and a row may take two (it arrives, and is withdrawn). */
interface Inbox {
  readonly person: string
  readonly steps: { readonly row: NotificationRow; readonly arrival?: Arrival }[]
  /** By how much the count of the unread changes. */
  unread: number
}

/** What is to be done to each inbox, in order. */
export type InboxChanges = ReadonlyMap<string, readonly InboxChange[]>

/** Writes what is to be done to inboxes: texts are rendered first, then the inboxes are locked in the order of their people and numbered. */
export async function writeInboxes(
  trx: Transaction<Tables>,
  plans: InboxChanges,
  render: Render,
  at: Date,
): Promise<readonly Change[]> {
  const rendered = await renderArrivals(trx, plans, render, at)
  const stored = await lockWithdrawn(trx, plans)
  const inboxes = [...plans]
    .map(([person, changes]) => stepsOf(person, changes, rendered, stored.get(person) ?? []))
    .filter(({ steps }) => steps.length > 0)
  for (const { steps } of inboxes) numberFromEnd(steps)
  const heads = await write(trx, inboxes, at)
  const changes = inboxes.map((inbox) => changeOf(inbox, heads.get(inbox.person)))
  await updateWithdrawn(trx, inboxes, at)
  return changes
}

async function renderArrivals(
  trx: Transaction<Tables>,
  plans: InboxChanges,
  render: Render,
  at: Date,
): Promise<ReadonlyMap<Arrival, NotificationRow>> {
  const arrivals = [...plans].flatMap(([person, changes]) =>
    changes.flatMap((change) => (change.kind === 'arrival' ? { person, change } : [])),
  )
  const strangers = new Set(arrivals.filter(({ change }) => change.reader === 'stored').map(({ person }) => person))
  const profiles = await loadProfiles(trx, [...strangers])
  const readerOf = (person: string, { reader }: Arrival): Profile | undefined =>
    reader === 'stored' ? profiles.get(person) : reader
  return new Map(
    arrivals.map(({ person, change }): [Arrival, NotificationRow] => {
      const { plugin, effect } = change
      const text = render({ plugin, message: effect.message, parameters: effect.parameters }, readerOf(person, change))
      const row = {
        ...{
          seq: 0,
          rev: 0,
          plugin,
          message: effect.message,
          category: effect.category ?? null,
          priority: effect.priority,
        },
        ...{ ...text, link: effect.link ?? null, data: effect.data ? { ...effect.data } : null, created_at: at },
        ...{
          expires_at: effect.expiresAt === undefined ? null : new Date(effect.expiresAt),
          read: null,
          archived: false,
          withdrawn: false,
        },
      }
      return [change, row]
    }),
  )
}

/** Locks the inboxes from which something is withdrawn, and answers what: nobody else can change it then. */
async function lockWithdrawn(
  trx: Transaction<Tables>,
  plans: InboxChanges,
): Promise<ReadonlyMap<string, readonly Stored[]>> {
  const leaving = [...plans].flatMap(([person, changes]) => {
    const gone = changes.filter((change) => change.kind === 'withdrawal')
    const keys = new Map(gone.map(({ plugin, key }) => [keyName(plugin, key), { person, plugin, key }]))
    return [...keys.values()]
  })
  if (leaving.length === 0) return new Map()
  const people = [...plans.keys()].sort()
  // All of them, new ones too, in one pass over the sorted people; what they hold is read by a statement that begins after it.
  const locked = await sql<{ person: string; read_through: number }>`insert into inbox as i (person)
    select person from unnest(${people}::text[]) as person order by person collate "C"
    on conflict (person) do update set head = i.head returning person, read_through`.execute(trx)
  const marks = new Map(locked.rows.map(({ person, read_through }) => [person, read_through]))
  // Inbox by inbox, or the planner reads all who hold something under the key.
  const { rows } = await sql<Stored>`select n.person, n.key, ${sql.raw(shownColumns)}
    from ${records(leaving, 'person text, plugin text, key text')} cross join lateral (select * from notification
      where plugin = r.plugin and key = r.key and person = r.person and not withdrawn offset 0) n
    order by n.person, n.seq`.execute(trx)
  // The mark is settled under the lock, so that unread counts what is true now.
  return Map.groupBy(
    rows.map((row) => ({ ...row, read: isRead(row, marks.get(row.person) ?? 0) })),
    ({ person }) => person,
  )
}

/** What happens to one inbox, step by step. */
function stepsOf(
  person: string,
  changes: readonly InboxChange[],
  rendered: ReadonlyMap<Arrival, NotificationRow>,
  stored: readonly Stored[],
): Inbox {
  const inbox: Inbox = { person, steps: [], unread: 0 }
  const held = stored.map((row): { name: string; row: NotificationRow } => ({
    name: keyName(row.plugin, row.key ?? ''),
    row,
  }))
  for (const change of changes) {
    if (change.kind === 'withdrawal') {
      const name = keyName(change.plugin, change.key)
      for (const { row } of held.filter((one) => one.name === name && !one.row.withdrawn)) {
        if (!row.archived && row.read !== true) inbox.unread--
        row.withdrawn = true
        inbox.steps.push({ row })
      }
      continue
    }
    const row = rendered.get(change)
    if (row === undefined) continue
    inbox.unread++
    inbox.steps.push({ row, arrival: change })
    if (change.effect.key !== undefined) held.push({ name: keyName(change.plugin, change.effect.key), row })
  }
  return inbox
}

/** Numbers each step from the end, which is not known yet: the last is 0, the one before it -1. A row that two touch has the later. */
function numberFromEnd(steps: Inbox['steps']): void {
  for (const [index, { row, arrival }] of steps.entries()) {
    row.rev = index + 1 - steps.length
    if (arrival) row.seq = row.rev
  }
}

/** Moves the heads by as many numbers as there are steps, and keeps what has arrived under its numbers; answers what the heads are then. */
async function write(
  trx: Transaction<Tables>,
  inboxes: readonly Inbox[],
  at: Date,
): Promise<ReadonlyMap<string, { head: number; unread: number }>> {
  if (inboxes.length === 0) return new Map()
  const moves = inboxes.map(({ person, steps, unread }) => ({ person, head: steps.length, unread }))
  const arrived = inboxes.flatMap(({ person, steps }) =>
    steps.flatMap(({ row, arrival }) => {
      if (arrival === undefined) return []
      const { origin, effect, audience } = arrival
      const why = { ...origin, parameters: effect.parameters }
      return { ...row, person, key: effect.key, why, audience, withdrawn_at: row.withdrawn ? at : null }
    }),
  )
  const { rows } = await sql<{ person: string; head: number; unread: number }>`with moved as (
      insert into inbox as i (person, head, unread)
      select r.person, r.head, r.unread from ${records(moves, 'person text collate "C", head int, unread int')} order by r.person
      on conflict (person) do update set head = i.head + excluded.head, unread = i.unread + excluded.unread
      returning person, head, unread),
    arrived as (
      insert into notification (person, seq, rev, ${sql.raw(names)})
      select r.person, moved.head + r.seq, moved.head + r.rev, ${sql.raw(names)} from ${records(
        arrived,
        `person text, seq int, rev int, plugin text, message text, category text, priority text,
        title text, body text, link text, data jsonb, key text, created_at timestamptz, expires_at timestamptz,
        read boolean, archived boolean, withdrawn boolean, withdrawn_at timestamptz, why jsonb, audience text`,
      )} join moved using (person))
    select person, head, unread from moved`.execute(trx)
  return new Map(rows.map(({ person, head, unread }) => [person, { head, unread }]))
}

const names =
  'plugin, message, category, priority, title, body, link, data, key, created_at, expires_at, read, archived, withdrawn, withdrawn_at, why, audience'

/** Says how the inbox went, now that its head is known. */
function changeOf({ person, steps }: Inbox, { head, unread } = { head: 0, unread: 0 }): Change {
  const items = [...new Set(steps.map(({ row }) => row))]
  for (const row of items) {
    row.rev += head
    // It has arrived: what was stored has its number.
    if (row.seq <= 0) row.seq += head
  }
  items.sort((a, b) => a.rev - b.rev)
  // A row that arrives is above every mark, and a stored one has its mark settled.
  return {
    person,
    after: head - steps.length,
    head,
    unread,
    items: items.map((row): Notification => notificationOf(row, 0)),
  }
}

async function updateWithdrawn(trx: Transaction<Tables>, inboxes: readonly Inbox[], at: Date): Promise<void> {
  const rows = inboxes.flatMap(({ person, steps }) => {
    const arrived = new Set(steps.flatMap(({ row, arrival }) => (arrival ? row : [])))
    return steps.flatMap(({ row }) => (arrived.has(row) ? [] : { person, seq: row.seq, rev: row.rev }))
  })
  if (rows.length === 0) return
  await sql`update notification n set rev = r.rev, withdrawn = true, withdrawn_at = ${at.toISOString()}::timestamptz
    from ${records(rows, 'person text, seq int, rev int')} where n.person = r.person and n.seq = r.seq`.execute(trx)
}
