import { createServer } from 'node:http'
import { setTimeout as pass } from 'node:timers/promises'
import { notificationRequested } from '@belfry/contracts/notification'
import { bookingCreated, encodeKafka } from '../load/booking-events.ts'
import { nineteenTypes, type TopicMessage } from '../load/nineteen-types.ts'
import { now } from '../load/now.ts'
import { cpuMsOf, cpuMsOfFamily } from '../machine/usage.ts'
import type { Figure, Measurement } from '../results/result.ts'
import { produceAll } from '../stage/produce.ts'
import type { Service } from '../stage/service.ts'
import type { Services } from '../stage/services.ts'
import { startBelfry } from '../stage/start-belfry.ts'
import { type Part, scenario } from './part.ts'

type Kind = 'booking.created' | 'all types' | 'handlers with I/O'

const KINDS: readonly Kind[] = ['booking.created', 'all types', 'handlers with I/O']
const TYPES = 19
const PEOPLE = 500
const WARM_UP_EVENTS = 1_900
const POLL_MS = 25
const WEATHER_MS = 5

const figures: readonly Figure[] = [
  { key: 'eventsPerSecond', title: 'events', unit: 'per second', better: 'more', hasRatio: true },
  { key: 'notificationsPerSecond', title: 'notifications', unit: 'per second', better: 'more', hasRatio: true },
  {
    key: 'cpuOfEvent',
    title: 'CPU, service and Postgres',
    unit: 'ms per 1,000 events',
    better: 'less',
    hasRatio: true,
  },
  { key: 'cpuOfNotification', title: 'the same', unit: 'ms per 1,000 notifications', better: 'less', hasRatio: true },
]

/** What Belfry does beside booking.created: it has no peer here, and is compared with itself. */
export const mix: Part = {
  description: {
    part: 'mix',
    compares: `A backlog as in drain, without sockets: of booking.created alone; of all nineteen types in turn; and of booking.created with a plugin whose handler waits for an answer of another service, which takes ${WEATHER_MS} ms. Then notifications to audiences of several sizes. Belfry has no peer here: the ratios are to its own first column.`,
    figures,
  },
  scenarios({ services, isQuick }) {
    const events = isQuick ? 3_800 : 38_000
    const most = isQuick ? 10_000 : 100_000
    return [
      scenario({
        name: `${events.toLocaleString('en')} events`,
        baseline: 'booking.created',
        peers: KINDS,
        measure: (kind) => kindOnce(services, kind, events),
      }),
      scenario({
        name: `${most.toLocaleString('en')} notifications to audiences`,
        baseline: 'of 10',
        peers: [10, 1_000, most].map((size) => `of ${size}`),
        measure: (peer) => audienceOnce(services, Number(peer.slice('of '.length)), most),
      }),
    ]
  },
}

async function kindOnce(services: Services, kind: Kind, events: number): Promise<Measurement> {
  await using weather = await openWeather()
  const io = { plugins: 'io', env: { BENCH_WEATHER: weather.address } } as const
  await using service = await startBelfry(services, kind === 'handlers with I/O' ? io : {})
  const make = (from: number, count: number): readonly TopicMessage[] =>
    kind === 'all types'
      ? Array.from({ length: count / TYPES }, (_, cycle) => nineteenTypes(from / TYPES + cycle)).flat()
      : Array.from({ length: count }, (_, index) => bookingMessage(from + index))
  return await drainMessages(service, { warmUp: make(0, WARM_UP_EVENTS), measured: make(WARM_UP_EVENTS, events) })
}

function bookingMessage(index: number): TopicMessage {
  return { topic: 'booking', ...encodeKafka(bookingCreated('mix', index, index % PEOPLE)) }
}

async function audienceOnce(services: Services, size: number, notifications: number): Promise<Measurement> {
  await using service = await startBelfry(services)
  const audience = `bench/${size}`
  await service.place.query(`insert into audience_member (audience, person, because)
    select '${audience}', 'person-' || i, 'bench' from generate_series(1, ${size}) i`)
  await service.place.query('vacuum analyze audience_member')
  const make = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => requestTo(audience, `${from + index}`)).flat()
  const count = Math.max(1, Math.round(notifications / size))
  const warmUp = Math.max(1, Math.round(count / 10))
  const { values } = await drainMessages(service, { warmUp: make(0, warmUp), measured: make(warmUp, count) })
  // An event means something else for each size.
  const { notificationsPerSecond = 0, cpuOfNotification = 0 } = values
  return { values: { notificationsPerSecond, cpuOfNotification } }
}

function requestTo(audience: string, id: string): readonly TopicMessage[] {
  const data = { requestId: id, to: { audiences: [audience] }, title: 'Lunch is served', body: 'In the garden.' }
  return notificationRequested.toKafka({ source: '/mix', id, data }).messages
}

/** Produces messages while the service is frozen, and measures until all of them, and what they cause, are applied. */
async function drainMessages(
  { program, place }: Service,
  { warmUp, measured }: Readonly<Record<'warmUp' | 'measured', readonly TopicMessage[]>>,
): Promise<Measurement> {
  await produceAll(place, warmUp)
  await untilApplied(place, warmUp.length)
  const before = await countNotifications(place)
  await place.query('checkpoint')
  program.freeze()
  await produceAll(place, measured)
  const used = () => cpuMsOf(program.pid) + cpuMsOfFamily(place.postgresPid)
  const [from, cpu] = [now(), used()]
  program.thaw()
  await untilApplied(place, warmUp.length + measured.length)
  const seconds = (now() - from) / 1_000
  const cpuMs = used() - cpu
  const notifications = (await countNotifications(place)) - before
  return {
    values: {
      eventsPerSecond: measured.length / seconds,
      notificationsPerSecond: notifications / seconds,
      cpuOfEvent: (1_000 * cpuMs) / measured.length,
      cpuOfNotification: (1_000 * cpuMs) / notifications,
    },
  }
}

/** Resolves once the positions have moved past so many records, and nothing is still to reach people. */
async function untilApplied(place: Service['place'], records: number): Promise<void> {
  for (;;) {
    const [row] = await place.query(
      'select (select sum(next) from position) as next, exists (select from fanout) as pending',
    )
    if (Number(row?.next) >= records && row?.pending === false) return
    await pass(POLL_MS)
  }
}

async function countNotifications(place: Service['place']): Promise<number> {
  const [row] = await place.query('select count(*)::int as rows from notification')
  return Number(row?.rows)
}

/** A service that answers after some milliseconds. */
async function openWeather(): Promise<{ readonly address: string; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((_, response) => void setTimeout(() => response.end('fine'), WEATHER_MS))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    address: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
