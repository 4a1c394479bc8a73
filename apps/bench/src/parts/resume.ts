import { Load } from '../load/load.ts'
import { now } from '../load/now.ts'
import type { Figure, Measurement } from '../results/result.ts'
import { SECRET } from '../stage/service.ts'
import { type Services, topicOf } from '../stage/services.ts'
import { type ServiceName, startService } from '../stage/start-service.ts'
import { type Part, scenario } from './part.ts'

const AWAY_MS = 500
/** Once the service is up, what does not arrive within this time does not arrive. */
const QUIET_MS = 10_000

const figures: readonly Figure[] = [
  { key: 'firstSeconds', title: 'until the service is up', unit: 's', better: 'less', hasRatio: true },
  { key: 'lastSeconds', title: 'until the last event has arrived', unit: 's', better: 'less', hasRatio: true },
  { key: 'arrivedPercent', title: 'arrived', unit: '%', better: 'more', hasRatio: false },
]

/** A service is restarted while its clients are connected, and events come meanwhile. */
export const resume: Part = {
  description: {
    part: 'resume',
    compares:
      'The service is stopped (SIGTERM), an event for each client is produced, and the service is started again. The clients return after about half a second, again and again, until they are connected; those of Belfry resume where they were. The time is from the second start.',
    figures,
  },
  scenarios({ services, isQuick }) {
    const clients = isQuick ? 200 : 2_000
    return [
      scenario({
        name: `${clients.toLocaleString('en')} clients`,
        baseline: 'batch',
        peers: ['Belfry', 'batch'],
        measure: (peer) => resumeOnce(services, peer, clients),
      }),
    ]
  },
}

async function resumeOnce(services: Services, peer: ServiceName, clients: number): Promise<Measurement> {
  await using service = await startService(services, peer)
  const { protocol, url, place } = service
  const target = { kind: 'kafka', brokers: place.brokers, topic: topicOf(place, 'booking') } as const
  const crowd = { people: clients, sockets: clients, returns: { awayMs: AWAY_MS } }
  await using load = await Load.connect({ protocol, url, secret: SECRET, target, ...crowd })
  await service.program.stop('SIGTERM')
  await load.produce({ events: clients, rate: 0 })
  const from = now()
  await service.restart()
  const up = now()
  const { lastAt, arrived, expected } = await load.collect({ quietMs: QUIET_MS })
  return {
    values: {
      firstSeconds: (up - from) / 1_000,
      lastSeconds: (lastAt - from) / 1_000,
      arrivedPercent: (100 * arrived) / expected,
    },
  }
}
