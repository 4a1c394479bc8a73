import type { Applied, Batch, Render, Slice } from '@belfry/core'
import { type Kysely, sql, type Transaction } from 'kysely'
import { writeDeadLetters } from './dead-letters.ts'
import { Memberships } from './memberships.ts'
import { effectsOf, type Found, keyName, Plan, type Reads, readsOf } from './plan.ts'
import { claimIdentities, claimPositions } from './positions.ts'
import { loadEverybody, writeProfiles } from './profiles.ts'
import { records } from './records.ts'
import type { Tables } from './tables.ts'
import { writeInboxes } from './write-inboxes.ts'

/**
 * The one transaction of a batch, with its locks in the order that every writer keeps: positions, identities, keys, inboxes by
 * person, and the rest. The effects are decided in memory, one after the other, on what was read; then all is written at once.
 */
export async function applyBatch(db: Kysely<Tables>, { at, slices }: Batch, render: Render): Promise<Applied> {
  return db.transaction().execute(async (trx) => {
    const now = new Date(at)
    const { won, lost } = await claimPositions(trx, slices)
    const events = won.flatMap(({ entries }) => entries.flatMap(({ event }) => event ?? []))
    const fresh = await claimIdentities(trx, events, now)
    const news = won.map((slice) => ({
      ...slice,
      entries: slice.entries.filter(({ event }) => event === undefined || fresh.has(event)),
    }))
    const found = await read(trx, readsOf(news))
    const plan = new Plan(found)
    for (const { effect, plugin, origin } of effectsOf(news)) plan.add(effect, plugin, origin)
    const changes = await writeInboxes(trx, plan.inboxes, render, now)
    await write(trx, plan, found.memberships, news, now)
    return { changes, lost, repeats: events.length - fresh.size }
  })
}

async function read(trx: Transaction<Tables>, { audiences, everybody, keys }: Reads): Promise<Found> {
  const { tombstones, holders } = await lockKeys(trx, keys)
  return {
    tombstones,
    holders,
    memberships: await Memberships.load(trx, audiences),
    everybody: everybody ? await loadEverybody(trx) : [],
  }
}

/** Locks the keys until the commit, so that no send slips past a withdrawal; answers which are withdrawn and who holds something. */
async function lockKeys(trx: Transaction<Tables>, keys: Reads['keys']): Promise<Pick<Found, 'tombstones' | 'holders'>> {
  if (keys.size === 0) return { tombstones: new Set(), holders: new Map() }
  const names = [...keys.keys()].sort()
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name`.execute(trx)
  const all = [...keys.values()]
  const dead = await sql<{ plugin: string; key: string }>`select w.plugin, w.key
    from withdrawal w join ${records(all, 'plugin text, key text')} using (plugin, key)`.execute(trx)
  const withdrawn = all.filter((key) => key.withdrawn)
  const held = withdrawn.length === 0 ? [] : await holdersOf(trx, withdrawn)
  return {
    tombstones: new Set(dead.rows.map(({ plugin, key }) => keyName(plugin, key))),
    holders: new Map(
      [...Map.groupBy(held, ({ plugin, key }) => keyName(plugin, key))].map(([name, rows]) => [
        name,
        rows.map(({ person }) => person),
      ]),
    ),
  }
}

async function holdersOf(trx: Transaction<Tables>, keys: readonly { plugin: string; key: string }[]) {
  const { rows } = await sql<{ plugin: string; key: string; person: string }>`select distinct n.plugin, n.key, n.person
    from notification n join ${records(keys, 'plugin text, key text')} on n.plugin = r.plugin and n.key = r.key
    where not n.withdrawn`.execute(trx)
  return rows
}

async function write(
  trx: Transaction<Tables>,
  plan: Plan,
  memberships: Memberships,
  slices: readonly Slice[],
  at: Date,
): Promise<void> {
  await memberships.write(trx)
  await writeProfiles(trx, plan.profiles)
  if (plan.withdrawn.size > 0)
    await sql`insert into withdrawal (plugin, key, at) select r.plugin, r.key, ${at.toISOString()}::timestamptz
      from ${records([...plan.withdrawn.values()], 'plugin text, key text')} order by 1, 2 on conflict do nothing`.execute(
      trx,
    )
  await writeDeadLetters(trx, slices, at)
}
