import { batchOf, happen, notify, renderPlainly, sliceOf, start } from '@belfry/core/testing'
import { findPrograms, isMissing, type PostgresServer, startPostgres, uniqueName } from '@belfry/test-services'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, openPostgres } from '../../src/index.ts'
import { withoutRequestTimeouts } from '../without-request-timeouts.ts'

/** A mebibyte, of which each letter of before has one: what Postgres keeps compressed is the same to whoever reads it. */
const MEBIBYTE = `(select string_agg('{"userId":"v' || n || '","text":"' || md5(n::text || l::text) || '"}', ',')
  from generate_series(1, 18000) n)`

/** What is kept of u1, or may be, each more than one transaction should look at. */
const heaps = {
  'old dead letters': `insert into dead_letter
    (topic, partition, "offset", plugin, code, message, value, headers, recorded_at, at, event_source, event_id)
    select 't', 0, l, 'q', 'C', 'x', convert_to('[' || ${MEBIBYTE} || ']', 'UTF8'), '{}', now(), now(), '/s', 'e' || l
    from generate_series(1, 25) l`,
  notifications: `insert into notification
    (person, seq, rev, plugin, message, priority, title, body, created_at, why)
    select 'u1', n, n, 'p', 'm', 'normal', 't', repeat('b', 300), now(), '{}' from generate_series(2, 120000) n`,
  audiences: `insert into audience_member (audience, person, because)
    select 'a' || n, 'u1', 'x' from generate_series(1, 200000) n`,
  'large audiences under way': `with made as (insert into fanout (kind, plugin, origin, up_to)
      select 'notify', 'p', '{}', 0 from generate_series(1, 160) returning id)
    insert into fanout_people (fanout, part, audience, people)
      select id, p, 'a', array(select 'somebody with a name ' || n || ' ' || p from generate_series(1, 1000) n)
      from made, generate_series(1, 40) p`,
}

describe.skipIf(isMissing(findPrograms()))('while a person is erased', () => {
  it.each(Object.entries(heaps))('with very many %s, other topics go on', async (_, fill) => {
    // A server of its own: what other tests do in a shared one would hold up this one's events.
    await using server = await startPostgres()
    // Others of a busy machine may hold up one event for as long as an erasure takes, but not again and again.
    const shares: number[] = []
    while (shares.length < 3 && !(Math.min(...shares) < 0.5)) shares.push(await longestWaitWhileErased(server, fill))
    expect(Math.min(...shares)).toBeLessThan(0.5)
  })
})

/** The longest that an event of another topic waits while u1 is erased, as a share of what the erasure takes. */
async function longestWaitWhileErased(server: PostgresServer, fill: string): Promise<number> {
  const database = withoutRequestTimeouts(
    await openPostgres({ url: await server.createDatabase(uniqueName()), statementTimeout: 120_000 }),
  )
  const store = await createStore(database, { render: renderPlainly, clock: () => start })
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  await sql.raw(fill).execute(database.background)
  await sql.raw('analyze').execute(database.background)
  await store.positions.beginAt([{ topic: 'other', partition: 0, next: 0 }])
  let isErased = false
  const began = performance.now()
  const erasing = store.people.erase('u1', start).finally(() => (isErased = true))
  let longest = 0
  for (let next = 0; !isErased; next++) {
    const from = performance.now()
    await store.batches.apply(batchOf(sliceOf(next, [{ id: `other ${next}`, effects: [notify('u2')] }], 'other')))
    longest = Math.max(longest, performance.now() - from)
  }
  const took = performance.now() - began
  expect(await erasing).toBe(true)
  const { rows } = await sql<{ left: number }>`select (select count(*) from notification where person = 'u1')::int
      + (select count(*) from audience_member where person = 'u1')::int as left`.execute(database.background)
  expect(rows).toEqual([{ left: 0 }])
  await store.close()
  return longest / took
}
