import type { Retained, Retention } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { transact } from '../connect/transact.ts'
import { lockErasure } from '../erasure/erased.ts'
import { isReadInSql, type NotificationRow, shownColumns } from '../inbox/columns.ts'
import { lockInboxes, withdrawRows } from '../inbox/numbers.ts'
import type { Tables } from '../schema/tables.ts'

/** One step reads the inboxes of this many people, and at most this many of their notifications. */
const PEOPLE_PER_STEP = 200
const NOTIFICATIONS_PER_STEP = 2_000
const DAY_MS = 86_400_000

interface Old extends NotificationRow {
  readonly person: string
  /** Whether it is deleted at once; else it is withdrawn first. */
  readonly gone: boolean
}

/**
 * Deletes what is old from the inboxes of the next people, person after person, so that no index is needed for it. What is read, archived
 * or withdrawn is deleted at once. The rest is withdrawn now and deleted a day later.
 */
export async function retainNext(db: Kysely<Tables>, rules: Retention, from = ''): Promise<Retained> {
  return transact(db, async (trx) => {
    await lockErasure(trx, false)
    const { rows: people } = await sql<{ person: string }>`select person from inbox where person >= ${from}
      order by person limit ${PEOPLE_PER_STEP + 1}`.execute(trx)
    const turn = people.slice(0, PEOPLE_PER_STEP).map(({ person }) => person)
    const following = people[PEOPLE_PER_STEP]?.person
    if (turn.length === 0) return { changes: [], deleted: 0 }
    const found = await old(trx, turn, rules, sql`true`)
    const last = found.length === NOTIFICATIONS_PER_STEP ? found.at(-1)?.person : following
    const next = last === undefined ? {} : { next: last }
    if (found.length === 0) return { changes: [], deleted: 0, ...next }
    const inboxes = await lockInboxes(trx, [...new Set(found.map(({ person }) => person))])
    const still = await old(
      trx,
      [...inboxes.keys()],
      rules,
      sql`(n.person, n.seq) in (select person, seq from ${records(
        found.map(({ person, seq }) => ({ person, seq })),
        'person text, seq int',
      )})`,
    )
    const gone = still.filter((row) => row.gone)
    await deleteRows(trx, gone)
    const leaving = still.filter((row) => !row.gone)
    const changes = await withdrawRows(trx, inboxes, leaving, new Date(rules.at))
    return { changes, deleted: gone.length, ...next }
  })
}

async function old(
  trx: Transaction<Tables>,
  people: readonly string[],
  { at, readBefore, before }: Retention,
  which: ReturnType<typeof sql>,
): Promise<readonly Old[]> {
  const moment = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`
  const gone = sql`(case when n.withdrawn then n.withdrawn_at <= ${moment(at - DAY_MS)}
    else n.created_at < ${moment(readBefore)} and (n.archived or ${isReadInSql}) end)`
  const { rows } = await sql<Old>`select n.person, ${gone} as gone, ${shownColumns}
    from inbox i join notification n on n.person = i.person
    where i.person = any(${[...people]}::text[]) and ${which}
      and (${gone} or (not n.withdrawn and n.created_at < ${moment(before)}))
    order by n.person, n.seq limit ${NOTIFICATIONS_PER_STEP}`.execute(trx)
  return rows
}

/** Deletes rows, and keeps the highest number among them: a client that has less gets a reset. */
async function deleteRows(trx: Transaction<Tables>, gone: readonly Old[]): Promise<void> {
  if (gone.length === 0) return
  const rows = gone.map(({ person, seq }) => ({ person, seq }))
  const floors = [...Map.groupBy(gone, ({ person }) => person)].map(([person, own]) => ({
    person,
    floor: Math.max(...own.map(({ rev }) => rev)),
  }))
  await sql`update inbox i set floor = greatest(i.floor, r.floor)
    from ${records(floors, 'person text, floor int')} where i.person = r.person`.execute(trx)
  await sql`delete from notification n using ${records(rows, 'person text, seq int')}
    where n.person = r.person and n.seq = r.seq`.execute(trx)
}
