import { setTimeout as pass } from 'node:timers/promises'
import { now } from '../load/now.ts'
import { cpuMsOf, cpuMsOfFamily } from '../machine/usage.ts'
import type { Figure, Measurement } from '../results/result.ts'
import { meanBetween, readMetrics } from '../stage/read-metrics.ts'
import type { Service } from '../stage/service.ts'
import type { Services } from '../stage/services.ts'
import { type ServiceName, startService } from '../stage/start-service.ts'
import { measureRound, warmLoad } from './measure-round.ts'
import type { Part, Scenario } from './part.ts'

const CROWD = { people: 500, sockets: 500 }
const WARM_UP_EVENTS = 5_000
const PEERS: readonly ServiceName[] = ['Belfry', 'each', 'batch', 'batch-tuned']
const REST_MS = 3_000

/** Seconds of each rate: the slow ones last longer, so that there are enough events for a p99. */
const SECONDS_BY_RATE = new Map([
  [20, 20],
  [100, 15],
  [400, 10],
  [2_000, 10],
])

const ms = { unit: 'ms', better: 'less', hasRatio: true } as const
const stage = { better: 'less', hasRatio: false } as const
const figures: readonly Figure[] = [
  { key: 'p50', title: 'p50', ...ms },
  { key: 'p95', title: 'p95', ...ms },
  { key: 'p99', title: 'p99', ...ms },
  { key: 'max', title: 'max', ...ms },
  { key: 'serviceCpu', title: 'CPU of the service', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'postgresCpu', title: 'CPU of Postgres', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'cpu', title: 'CPU in sum', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'idleCpu', title: 'CPU of the service', unit: '% of a core', better: 'less', hasRatio: true },
  { key: 'idlePostgresCpu', title: 'CPU of Postgres', unit: '% of a core', better: 'less', hasRatio: true },
  { key: 'mean', title: 'mean', ...ms },
  { key: 'toSockets', title: 'of the mean: log to sockets', unit: 'ms', ...stage },
  { key: 'transaction', title: 'of that: transaction', unit: 'ms', ...stage },
  { key: 'batchEvents', title: 'events in a transaction', unit: 'events', ...stage },
  { key: 'lost', title: 'lost', unit: 'events', better: 'less', hasRatio: false },
]

/** Events at a steady rate: from the moment that an event is sent to Kafka until it arrives on its person's socket. */
export const latency: Part = {
  description: {
    part: 'latency',
    compares:
      'booking.created at a steady rate to 500 people who are connected: milliseconds from the moment that an event is sent to Kafka until it arrives on a socket, and the CPU that this takes; last, the CPU of a service that has nothing to do.',
    figures,
  },
  scenarios({ services, isQuick }) {
    const rates = isQuick ? [[400, 4] as const] : [...SECONDS_BY_RATE]
    const sent = rates.map(([rate, seconds]): Scenario<ServiceName> => {
      const events = rate * seconds
      return {
        name: `${rate.toLocaleString('en')} events/s`,
        baseline: 'batch',
        peers: PEERS,
        measure: (peer) => latencyOnce(services, peer, { rate, events }),
      }
    })
    const idle: Scenario<ServiceName> = {
      name: 'nothing to do, 500 sockets',
      baseline: 'batch',
      peers: PEERS,
      measure: (peer) => idleOnce(services, peer, isQuick ? 4 : 15),
    }
    return [...sent, idle]
  },
}

/** Sends events at a rate to a service that is started for it. */
export async function latencyOnce(
  services: Services,
  peer: ServiceName,
  { rate, events }: { readonly rate: number; readonly events: number },
): Promise<Measurement> {
  await using service = await startService(services, peer)
  await using load = await warmLoad(service, CROWD, WARM_UP_EVENTS)
  // What is compiled and collected after the warm-up, and the first events of a slow rate, are not measured.
  await load.produce({ events: rate, rate })
  await load.collect()
  const before = await metricsOf(service)
  const { arrivals, ...used } = await measureRound(service, load, { events, rate, isFrozen: false })
  const after = await metricsOf(service)
  const perThousand = (ms: number) => (1_000 * ms) / events
  const { mean, p50, p95, p99, max } = arrivals.latency
  const values = {
    p50,
    p95,
    p99,
    max,
    serviceCpu: perThousand(used.serviceCpuMs),
    postgresCpu: perThousand(used.postgresCpuMs),
    cpu: perThousand(used.serviceCpuMs + used.postgresCpuMs),
    mean,
    lost: arrivals.expected - arrivals.arrived,
  }
  const stages =
    before === undefined || after === undefined
      ? {}
      : {
          toSockets: 1_000 * (meanBetween([before, after], 'event_to_socket_seconds') ?? 0),
          transaction: 1_000 * (meanBetween([before, after], 'apply_seconds') ?? 0),
          batchEvents: meanBetween([before, after], 'apply_batch_events') ?? 0,
        }
  return { values: { ...values, ...stages }, latencies: arrivals.latencies }
}

async function idleOnce(services: Services, peer: ServiceName, seconds: number): Promise<Measurement> {
  await using service = await startService(services, peer)
  await using _ = await warmLoad(service, CROWD, WARM_UP_EVENTS)
  const { pid } = service.program
  await service.place.query('checkpoint')
  await pass(REST_MS)
  const used = () => ({ at: now(), service: cpuMsOf(pid), postgres: cpuMsOfFamily(service.place.postgresPid) })
  const before = used()
  await pass(seconds * 1_000)
  const after = used()
  const percent = (cpuMs: number) => (100 * cpuMs) / (after.at - before.at)
  return {
    values: {
      idleCpu: percent(after.service - before.service),
      idlePostgresCpu: percent(after.postgres - before.postgres),
    },
  }
}

async function metricsOf({ http }: Service) {
  return http === undefined ? undefined : readMetrics(http)
}
