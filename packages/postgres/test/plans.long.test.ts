import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeadLetterQuery } from '@belfry/core'
import { batchOf, happen, notify, renderPlainly, sliceOf, start, to } from '@belfry/core/testing'
import { findPrograms, giveToPostgres, isMissing, startPostgres } from '@belfry/test-services'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { createEventLog, createStore, openPostgres } from '../src/index.ts'
import { withoutRequestTimeouts } from './without-request-timeouts.ts'

/** So many notifications are in the store; BELFRY_TEST_NOTIFICATIONS says another number. */
const MANY = Number(process.env.BELFRY_TEST_NOTIFICATIONS ?? 400_000)
const PEOPLE = 100_000
const EACH = MANY / PEOPLE
const LETTERS = 200_000

/** Tables that grow with use: none of their statements may look at every row. */
const growing = [
  'notification',
  'inbox',
  'event',
  'profile',
  'audience_member',
  'event_log',
  'withdrawal',
  'dead_letter',
]

const fill = [
  `insert into inbox (person, head, unread, read_through) select 'u' || n, ${EACH}, 10, 10 from generate_series(1, ${PEOPLE}) n`,
  `insert into notification (person, seq, rev, plugin, message, category, priority, title, body, link, key, created_at, expires_at, why)
    select 'u' || p, s, s, 'booking', 'confirmed', null, 'normal', 'Room ' || s || ' is booked',
      'See you on Tuesday, 5 May 2026 at 10:00 AM.', '/bookings/b' || s, case when s % 10 = 0 then 'k' || (p * ${EACH} + s) end,
      '2026-05-01T08:00:00Z'::timestamptz - interval '1 minute' * (${EACH} - s),
      case when s % 20 = 0 then '2026-06-01T00:00:00Z'::timestamptz end,
      jsonb_build_object('event', jsonb_build_object('source', '/booking-service', 'id', 'b' || s || ':created',
        'type', 'booking.created', 'time', '2026-05-01T08:00:00.000Z'), 'topic', 'booking', 'partition', 0, 'offset', p * ${EACH} + s,
        'parameters', jsonb_build_object('resource', 'Room ' || s, 'startsAt', '2026-05-05T10:00:00Z'))
    from generate_series(1, ${EACH}) s, generate_series(1, ${PEOPLE}) p`,
  `insert into event (id, at) select gen_random_uuid(), '2026-05-01T08:00:00Z'::timestamptz - interval '1 second' * n from generate_series(1, ${MANY}) n`,
  `insert into profile (person, locale) select 'u' || n, 'de' from generate_series(1, ${PEOPLE}) n`,
  `insert into audience_member (audience, person, because, until)
    select 'resource/' || n % ${Math.ceil(PEOPLE / 20)} || '/bookers', 'u' || n % ${PEOPLE}, 'b' || n, '2026-05-05T10:00:00Z'::timestamptz
    from generate_series(1, ${PEOPLE * 5}) n`,
  `insert into dead_letter (topic, partition, "offset", event_source, event_id, read_source, read_id, plugin, code, message, key, headers,
      recorded_at, at, named)
    select 't' || n % 4, 0, n, case when n % 3 > 0 then '/s' || n % 100 end, case when n % 3 > 0 then 'e' || n end,
      case when n % 3 = 0 then '/s' || n % 100 end, case when n % 3 = 0 then 'e' || n end, case when n % 3 > 0 then 'p' || n % 4 end,
      case when n % 3 = 0 then 'EVENT_INVALID' else 'HANDLER_FAILED' end, 'it failed', ('b' || n % 5000)::bytea, '{}', now(),
      '2026-05-01T08:00:00Z'::timestamptz - interval '1 second' * (${LETTERS} - n), array[n, n + 1, n % 5000]::bigint[]
    from generate_series(1, ${LETTERS}) n`,
  `insert into withdrawal (plugin, key, at) select 'booking', 'gone' || n, now() from generate_series(1, ${PEOPLE}) n`,
  `insert into event_log (topic, partition, "offset", key, value, headers, at)
    select 't', 0, n, 'k', '{}', '{}', now() from generate_series(0, ${MANY}) n`,
  `insert into event_log_end (topic, partition, next) values ('t', 0, ${MANY + 1})`,
  'vacuum analyze',
]

it.skipIf(isMissing(findPrograms()))(
  'looks at no table as a whole, however full it is',
  async () => {
    const logs = mkdtempSync(join(tmpdir(), 'belfry-plans-'))
    giveToPostgres(logs)
    await using server = await startPostgres([
      ...['shared_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0', 'auto_explain.log_verbose=off'],
      ...['logging_collector=on', `log_directory='${logs}'`, "log_line_prefix=''", 'max_wal_size=4GB'],
    ])
    const url = await server.createDatabase('belfry')
    const database = withoutRequestTimeouts(await openPostgres({ url, statementTimeout: 600_000 }))
    for (const statement of fill) await sql.raw(statement).execute(database.background)
    let now = start
    const store = await createStore(database, { render: renderPlainly, clock: () => now })
    const size = await sql<{ bytes: number }>`select pg_total_relation_size('notification')::float8 as bytes`.execute(
      database.db,
    )
    const written = () =>
      readdirSync(logs)
        .map((name) => readFileSync(join(logs, name), 'utf8'))
        .join('')
    const before = written().length

    // What a service does all day: small and large batches, reads, marks, and upkeep.
    const apply = async (day: string) => {
      await happen(store, { id: `${day} one`, effects: [notify('u1')] })
      await store.positions.beginAt([{ topic: `${day} big`, partition: 0, next: 0 }])
      const many = Array.from({ length: 500 }, (_, index) => ({
        id: `${day} e${index}`,
        effects: [
          notify(`u${(index * 7) % PEOPLE}`, { key: `${day} n${index}`, link: '/x' }),
          {
            kind: 'join' as const,
            people: [`u${index}`],
            audience: `resource/${index % 50}/bookers`,
            because: `${day} x${index}`,
          },
          ...(index % 50 === 0 ? [notify(`#resource/${index}/bookers`, { except: to('u1') })] : []),
        ],
      }))
      await store.batches.apply(batchOf(sliceOf(0, many, `${day} big`)))
      await happen(
        store,
        {
          id: `${day} two`,
          effects: [
            { kind: 'withdraw', key: `${day} n7` },
            { kind: 'leave', audience: 'resource/7/bookers', because: `${day} x7` },
          ],
        },
        {
          id: `${day} three`,
          effects: [{ kind: 'profile', person: 'u3', profile: { locale: 'fr' } }, notify('#everyone')],
        },
      )
      for (let step = 0; step < 3; step++) await store.upkeep.fanOut(start, 500)
    }
    await apply('first')
    await store.inboxes.page('u5', { limit: 50, filter: 'all' })
    await store.inboxes.page('u5', { limit: 50, filter: 'unread', before: 15 })
    await store.inboxes.notification('u5', 7)
    await store.inboxes.why('u5', 7)
    await store.inboxes.mark('u5', 16, { read: true })
    await store.inboxes.readThrough('u5', 18)
    await store.inboxes.replay('u5', 12)
    await store.inboxes.heads(Array.from({ length: 1_000 }, (_, index) => `u${index * 7}`))
    const lists: readonly Omit<DeadLetterQuery, 'limit'>[] = [
      ...[
        {},
        { topic: 't1' },
        { topic: 't1', plugin: 'p2' },
        { topic: 't1', code: 'none' },
        { before: 9, plugin: 'p1' },
      ],
      ...[{ eventId: 'e7' }, { source: '/s7', eventId: 'e107' }, { source: '/none' }, { key: 'b7' }, { person: 'u1' }],
      ...[{ from: start - 60_000 }, { from: start - 99_060_000, to: start - 99_000_000, topic: 't2' }, { to: start }],
    ]
    for (const query of lists) await store.deadLetters.list({ limit: 51, ...query })
    await store.deadLetters.find(7, 1_000)
    await store.upkeep.expire(start, 500)
    const retained = await store.upkeep.retain({ at: start, readBefore: start - 3_600_000, before: start - 86_400_000 })
    await store.upkeep.retain({ at: start, readBefore: start - 3_600_000, before: start - 86_400_000 }, retained.next)
    await store.upkeep.prune({ identities: start - 10 * 86_400_000, others: 0 })
    // Then one in twenty expires at the same moment.
    now = Date.parse('2026-06-01T00:00:00Z')
    const people = Array.from({ length: 500 }, (_, index) => `u${100 + index}`)
    const slice = sliceOf(0, [{ id: 'due', effects: people.map((person) => notify(person)) }], 'due')
    await store.positions.beginAt([{ topic: 'due', partition: 0, next: 0 }])
    await store.batches.apply({ at: now, slices: [slice] })
    await store.inboxes.page('u5', { limit: 50, filter: 'all' })
    await store.inboxes.mark('u6', 1, { archived: true })
    await store.inboxes.readThrough('u7', EACH)
    await store.inboxes.replay('u8', 1)
    now = start
    // What is planned once for all batches must do for any of them.
    await sql`alter system set plan_cache_mode = force_generic_plan`.execute(database.background)
    await sql`select pg_reload_conf()`.execute(database.background)
    await apply('second')
    await sql`alter system reset plan_cache_mode`.execute(database.background)
    await sql`select pg_reload_conf()`.execute(database.background)
    const { source, publisher } = createEventLog(database)
    await source.open(['t'], store.positions)
    source.resume('t')
    await publisher.publish([{ topic: 't', key: 'k', value: '{}', headers: {} }])
    await source.take(100)
    await source.progress()
    await store.batches.apply(batchOf({ topic: 't', partition: 0, from: 6, next: 100, entries: [] }))
    source.advance([{ topic: 't', partition: 0, next: 100 }])
    const first = sql<{
      first: string
    }>`select "offset" as first from event_log order by topic, partition, "offset" limit 1`
    await expect.poll(async () => Number((await first.execute(database.db)).rows[0]?.first)).toBe(100)
    await source.close()

    const ended = (text: string) => text.split('plan:\n').length > 30
    await expect.poll(() => ended(written().slice(before))).toBe(true)
    await store.close()
    const plans = written()
      .slice(before)
      .split(/^LOG: /m)
      .filter((entry) => entry.includes('plan:'))
    const whole = plans.filter((plan) => growing.some((table) => new RegExp(`Seq Scan on ${table}\\b`).test(plan)))
    if (process.env.BELFRY_TEST_PLANS !== undefined)
      console.log(
        summary(plans),
        `\n${Math.round((size.rows[0]?.bytes ?? 0) / MANY)} bytes a notification, indexes included`,
      )
    rmSync(logs, { recursive: true })
    // What is forgotten once an hour is looked for in steps that end early, by place (ctid).
    expect(whole.filter((plan) => !/ctid = any/.test(plan))).toEqual([])
    expect(plans.length).toBeGreaterThan(40)
  },
  600_000,
)

/** One line a statement: its beginning, its cost, and how it reaches its tables. */
function summary(plans: readonly string[]): string {
  const lines = plans.map((plan) => {
    const [, text = ''] = /Query Text: ([\s\S]*?)\n\t?[A-Z][A-Za-z ]+ +(?:on|using|\()/.exec(plan) ?? []
    const [, cost = ''] = /\(cost=\d+\.\d+\.\.(\d+\.\d+)/.exec(plan) ?? []
    const ways = [...plan.matchAll(/((?:Index|Bitmap|Seq|Tid)[A-Za-z ]*Scan)(?: using (\w+))? on (\w+)/g)]
    const reached = ways.map(([, way, index, table]) => `${way}${index === undefined ? ` ${table}` : ` ${index}`}`)
    return `| ${text.replaceAll(/\s+/g, ' ').slice(0, 90)} | ${cost} | ${[...new Set(reached)].join(', ')} |`
  })
  return [...new Set(lines)].join('\n')
}
