import type { NotifyEffect } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'
import type { FanOut } from './fan-out.ts'

/** A row of a snapshot holds at most this many people. */
const PEOPLE_PER_PART = 1_000
/** One statement writes at most this many rows of snapshots. */
const PARTS_PER_STATEMENT = 100

/** Writes fan-outs with the people that they are to reach; `at` is the moment, in milliseconds since 1970. */
export async function writeFanOuts(trx: Transaction<Tables>, fanOuts: readonly FanOut[], at: number): Promise<void> {
  if (fanOuts.length === 0) return
  const { rows: ids } = await sql<{ id: number | string }>`select nextval(pg_get_serial_sequence('fanout', 'id')) as id
    from generate_series(1, ${fanOuts.length}::int)`.execute(trx)
  const rows = fanOuts.map((fanOut, index) => {
    const { kind, plugin, origin } = fanOut
    const notify = fanOut.kind === 'notify' ? fanOut : undefined
    return {
      id: ids[index]?.id,
      kind,
      plugin,
      origin,
      key: fanOut.kind === 'notify' ? fanOut.effect.key : fanOut.key,
      effect: notify && withoutNames(notify.effect),
      except_people: notify?.everyone?.except ?? [],
      ...(notify?.everyone && { after: 0, up_to: notify.everyone.upTo }),
    }
  })
  await sql`insert into fanout (id, kind, plugin, key, effect, origin, except_people, after, up_to, made_at)
    overriding system value
    select r.id, r.kind, r.plugin, r.key, r.effect, r.origin, r.except_people, r.after, r.up_to, ${new Date(at).toISOString()}::timestamptz
    from ${records(
      rows,
      'id bigint, kind text, plugin text, key text, effect jsonb, origin jsonb, except_people text[], after bigint, up_to bigint',
    )}`.execute(trx)
  const parts = fanOuts.flatMap((fanOut, index) => partsOf(fanOut, ids[index]?.id))
  for (let from = 0; from < parts.length; from += PARTS_PER_STATEMENT)
    await sql`insert into fanout_people (fanout, part, audience, people) select r.fanout, r.part, r.audience, r.people
      from ${records(
        parts.slice(from, from + PARTS_PER_STATEMENT),
        'fanout bigint, part int, audience text, people text[]',
      )}`.execute(trx)
}

/** The rows of one snapshot. People who were named have an audience without a name, which no audience has. */
function partsOf(fanOut: FanOut, fanout: number | string | undefined) {
  const parts = fanOut.kind === 'notify' ? fanOut.parts : []
  return parts
    .flatMap(({ audience = '', people }) =>
      Array.from({ length: Math.ceil(people.length / PEOPLE_PER_PART) }, (_, index) => ({
        fanout,
        audience,
        people: people.slice(index * PEOPLE_PER_PART, (index + 1) * PEOPLE_PER_PART),
      })),
    )
    .map((one, part) => ({ ...one, part }))
}

/** The people are in the snapshot, which an erasure removes people from. */
const withoutNames = (effect: NotifyEffect): NotifyEffect => {
  const none = { people: [], audiences: [] }
  return { ...effect, to: none, except: none }
}
