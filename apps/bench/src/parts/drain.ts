import type { Figure, Measurement } from '../results/result.ts'
import type { Services } from '../stage/services.ts'
import { type ServiceName, startService } from '../stage/start-service.ts'
import { type Crowd, measureRound, warmLoad } from './measure-round.ts'
import type { Part, Scenario } from './part.ts'

const SOCKETS = 500
/** Slices of the curve of arrivals. */
const SLICES_PER_SECOND = 10
const WARM_UP_EVENTS = 5_000
/** One insert for each event takes minutes for more. */
const MOST_EVENTS_OF_EACH = 60_000

const figures: readonly Figure[] = [
  { key: 'eventsPerSecond', title: 'drained', unit: 'events/s', better: 'more', hasRatio: true },
  { key: 'serviceCpu', title: 'CPU of the service', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'postgresCpu', title: 'CPU of Postgres', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'cpu', title: 'CPU in sum', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'resident', title: 'resident after', unit: 'MB', better: 'less', hasRatio: true },
  { key: 'peak', title: 'resident at most', unit: 'MB', better: 'less', hasRatio: true },
  { key: 'lost', title: 'lost', unit: 'events', better: 'less', hasRatio: false },
]

/** A backlog of booking.created, produced while the service is frozen, is drained. */
export const drain: Part = {
  description: {
    part: 'drain',
    compares:
      'A backlog of booking.created that was produced while the service was frozen: events per second from the moment that it continues until the last one is stored and on the sockets.',
    figures,
    curves: { title: 'Drained', x: 'seconds', y: 'events/s' },
  },
  scenarios({ services, isQuick }) {
    const sizes = isQuick ? [20_000] : [60_000, 300_000]
    return [500, 50_000].flatMap((people) =>
      sizes.map((events): Scenario<ServiceName> => {
        const peers: readonly ServiceName[] =
          events > MOST_EVENTS_OF_EACH ? ['Belfry', 'batch', 'batch-tuned'] : ['Belfry', 'each', 'batch', 'batch-tuned']
        return {
          name: `${events.toLocaleString('en')} events to ${people.toLocaleString('en')} people`,
          baseline: 'batch',
          peers,
          measure: (peer) => drainOnce(services, peer, { events, crowd: { people, sockets: SOCKETS } }),
        }
      }),
    )
  },
}

/** Drains one backlog with a service that is started for it. */
export async function drainOnce(
  services: Services,
  peer: ServiceName,
  { events, crowd }: { readonly events: number; readonly crowd: Crowd },
): Promise<Measurement> {
  await using service = await startService(services, peer)
  await using load = await warmLoad(service, crowd, WARM_UP_EVENTS)
  const { arrivals, seconds, ...used } = await measureRound(service, load, { events, rate: 0, isFrozen: true })
  const perThousand = (ms: number) => (1_000 * ms) / events
  return {
    values: {
      eventsPerSecond: events / seconds,
      serviceCpu: perThousand(used.serviceCpuMs),
      postgresCpu: perThousand(used.postgresCpuMs),
      cpu: perThousand(used.serviceCpuMs + used.postgresCpuMs),
      resident: used.residentMb,
      peak: used.peakMb,
      lost: arrivals.expected - arrivals.arrived,
      repeated: arrivals.repeated,
    },
    curve: arrivals.curve.map(([second, count]) => [second, count * SLICES_PER_SECOND * (events / arrivals.expected)]),
  }
}
