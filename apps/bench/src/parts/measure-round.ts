import { setTimeout as pass } from 'node:timers/promises'
import { Load } from '../load/load.ts'
import { now } from '../load/now.ts'
import type { Arrivals, Round } from '../load/orders.ts'
import { cpuMsOf, cpuMsOfFamily, memoryMbOf, resetPeak } from '../machine/usage.ts'
import { SECRET, type Service } from '../stage/service.ts'
import { topicOf } from '../stage/services.ts'

const COUNT_INTERVAL_MS = 50
const COUNT_TIMEOUT_MS = 60_000
/** Kafka and the disk come to rest. */
const REST_MS = 500

/** What a service has used between two moments. */
export interface Used {
  readonly serviceCpuMs: number
  readonly postgresCpuMs: number
  readonly residentMb: number
  readonly peakMb: number
}

/** A round that was measured: what arrived, how long it took until everything was done, and what that used. */
export interface MeasuredRound extends Used {
  readonly arrivals: Arrivals
  readonly seconds: number
}

/** The people of a scenario: events go to all of them in turn, and an even sample is connected. */
export interface Crowd {
  readonly people: number
  readonly sockets: number
}

/** Connects a load to a service, and lets both become warm: `events` events pass. */
export async function warmLoad(service: Service, crowd: Crowd, events: number): Promise<Load> {
  const { protocol, url, place } = service
  const target = { kind: 'kafka', brokers: place.brokers, topic: topicOf(place, 'booking') } as const
  const load = await Load.connect({ protocol, url, secret: SECRET, target, ...crowd })
  await load.produce({ events, rate: 0 })
  await load.collect()
  await untilRows(service, events)
  return load
}

/**
 * Drives a round through a service. A frozen one finds all events waiting when it continues, and the time of the round is from then on. The
 * round ends at the last arrival, or, where not all people are connected, when the table has a row for every event if that is later.
 */
export async function measureRound(
  service: Service,
  load: Load,
  round: Round & { readonly isFrozen: boolean },
): Promise<MeasuredRound> {
  const { program, place } = service
  const { events, isFrozen } = round
  const rows = await countRows(service)
  await place.query('checkpoint')
  if (isFrozen) {
    program.freeze()
    await load.produce(round)
  }
  await pass(REST_MS)
  resetPeak(program.pid)
  const before = { service: cpuMsOf(program.pid), postgres: cpuMsOfFamily(place.postgresPid) }
  const from = now()
  if (isFrozen) program.thaw()
  else await load.produce(round)
  const arrivals = await load.collect({ from })
  const used = {
    serviceCpuMs: cpuMsOf(program.pid) - before.service,
    postgresCpuMs: cpuMsOfFamily(place.postgresPid) - before.postgres,
    residentMb: memoryMbOf(program.pid).resident,
    peakMb: memoryMbOf(program.pid).peak,
  }
  const until = await untilRows(service, rows + events)
  return { arrivals, ...used, seconds: ((until ?? arrivals.lastAt) - from) / 1_000 }
}

/** Resolves once the table has this many rows: undefined if it has them at once, or the moment; throws if they do not come. */
async function untilRows(service: Service, rows: number): Promise<number | undefined> {
  if ((await countRows(service)) >= rows) return undefined
  const timeout = now() + COUNT_TIMEOUT_MS
  while ((await countRows(service)) < rows) {
    if (now() > timeout) throw new Error(`${service.table} lacks rows: ${rows} were expected`)
    await pass(COUNT_INTERVAL_MS)
  }
  return now()
}

async function countRows({ place, table }: Service): Promise<number> {
  const [row] = await place.query(`select count(*)::int as rows from ${table}`)
  return Number(row?.rows)
}
