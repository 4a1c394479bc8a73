import type { Change, Profile, Render } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import { type NewRow, type NotificationRow, newRow, shownColumns } from '../inbox/columns.ts'
import { joinedChanges, withdrawExpired } from '../inbox/expired.ts'
import { keyName } from '../inbox/keys.ts'
import { NumberedInbox } from '../inbox/numbers.ts'
import { openInboxes } from '../inbox/open-inboxes.ts'
import type { Tables } from '../schema/tables.ts'
import type { InboxChange, InboxChanges } from './inbox-change.ts'
import { loadProfiles } from './profiles.ts'

type Arriving = Extract<InboxChange, { kind: 'arrival' }>

/** A locked inbox from which notifications may be withdrawn: `rows` are those under the keys. */
interface Withdrawable {
  readonly readThrough: number
  readonly rows: readonly KeyedRow[]
}
type KeyedRow = NotificationRow & { readonly key: string | null }

/** Changes of inboxes that have yet to be written. */
export interface PreparedInboxes {
  readonly inboxes: readonly NumberedInbox[]
  /** What has expired in them, and is withdrawn already. */
  readonly expired: readonly Change[]
}

/**
 * Prepares changes of inboxes. Texts are rendered first; then the inboxes from which something is withdrawn are locked in the order of
 * their people. What has expired in them by then is withdrawn before, unless it is known that nothing has.
 */
export async function prepareInboxes(
  trx: Transaction<Tables>,
  plans: InboxChanges,
  render: Render,
  at: Date,
  isAnyDue = true,
): Promise<PreparedInboxes> {
  const rendered = await renderArrivals(trx, plans, render, at)
  const expired = plans.size === 0 || !isAnyDue ? [] : await withdrawExpired(trx, [...plans.keys()], at)
  const stored = await lockWithdrawn(trx, plans)
  const inboxes = [...plans].map(([person, changes]) => numbered(person, changes, rendered, stored.get(person)))
  return { inboxes, expired }
}

/** Writes prepared inboxes; they are locked in the order of their people. The statement is sent at once. */
export async function writeInboxes(
  executor: Executor,
  { inboxes, expired }: PreparedInboxes,
  at: Date,
): Promise<readonly Change[]> {
  return joinedChanges(expired, await NumberedInbox.write(executor, inboxes, at))
}

async function renderArrivals(
  trx: Transaction<Tables>,
  plans: InboxChanges,
  render: Render,
  at: Date,
): Promise<ReadonlyMap<Arriving, NewRow>> {
  const arrivals = [...plans].flatMap(([person, changes]) =>
    changes.flatMap((change) => (change.kind === 'arrival' ? { person, change } : [])),
  )
  const strangers = new Set(arrivals.filter(({ change }) => change.reader === 'stored').map(({ person }) => person))
  const profiles = await loadProfiles(trx, [...strangers])
  const readerOf = (person: string, { reader }: Arriving): Profile | undefined =>
    reader === 'stored' ? profiles.get(person) : reader
  return new Map(
    arrivals.map(({ person, change }): [Arriving, NewRow] => {
      const { message, parameters } = change.effect
      const text = render({ plugin: change.plugin, message, parameters }, readerOf(person, change))
      return [change, newRow(change, text, at)]
    }),
  )
}

/** Locks the inboxes from which something is withdrawn, and reads what that is: no other transaction can change it then. */
async function lockWithdrawn(
  trx: Transaction<Tables>,
  plans: InboxChanges,
): Promise<ReadonlyMap<string, Withdrawable>> {
  const leaving = [...plans].flatMap(([person, changes]) => {
    const gone = changes.filter((change) => change.kind === 'withdrawal')
    const keys = new Map(gone.map(({ plugin, key }) => [keyName(plugin, key), { person, plugin, key }]))
    return [...keys.values()]
  })
  if (leaving.length === 0) return new Map()
  const locked = await openInboxes(trx, [...plans.keys()])
  // Inbox by inbox, or the planner reads all holders of the key.
  const { rows } = await sql<KeyedRow & { readonly person: string }>`select n.person, n.key, ${shownColumns}
    from ${records(leaving, 'person text, plugin text, key text')} cross join lateral (select * from notification
      where plugin = r.plugin and key = r.key and person = r.person and not withdrawn offset 0) n
    order by n.person, n.seq`.execute(trx)
  const held = Map.groupBy(rows, ({ person }) => person)
  return new Map(
    [...locked].map(([person, { read_through }]) => [
      person,
      { readThrough: read_through, rows: held.get(person) ?? [] },
    ]),
  )
}

/** Numbers what happens to one inbox. */
function numbered(
  person: string,
  changes: readonly InboxChange[],
  rendered: ReadonlyMap<Arriving, NewRow>,
  stored: Withdrawable = { readThrough: 0, rows: [] },
): NumberedInbox {
  const inbox = new NumberedInbox(person, stored.readThrough)
  const held: KeyedRow[] = [...stored.rows]
  for (const change of changes) {
    if (change.kind === 'withdrawal') {
      const { plugin, key } = change
      for (const row of held)
        if (row.plugin === plugin && row.key === key && !row.withdrawn) inbox.change(row, { withdrawn: true })
      continue
    }
    const row = rendered.get(change)
    if (row === undefined) continue
    inbox.arrive(row)
    if (row.key !== null) held.push(row)
  }
  return inbox
}
