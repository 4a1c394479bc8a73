import { now } from '../load/now.ts'
import { cpuMsOf, cpuMsOfFamily } from '../machine/usage.ts'
import type { Figure, Measurement } from '../results/result.ts'
import type { Services } from '../stage/services.ts'
import { startBelfry } from '../stage/start-belfry.ts'
import { announce, createPeople } from './announce.ts'
import { insertCopy } from './insert-copy.ts'
import { measureRound, warmLoad } from './measure-round.ts'
import { type Part, scenario } from './part.ts'

const CROWD = { people: 500, sockets: 500 }
const WARM_UP_EVENTS = 2_000
const RATE = 400
const SECONDS = 8

const ms = { unit: 'ms', better: 'less', hasRatio: true } as const
const figures: readonly Figure[] = [
  { key: 'perSecond', title: 'notifications', unit: 'per second', better: 'more', hasRatio: true },
  { key: 'cpu', title: 'CPU, service and Postgres', unit: 'ms per 1,000', better: 'less', hasRatio: false },
  { key: 'p50', title: 'event to socket, p50', ...ms },
  { key: 'p95', title: 'event to socket, p95', ...ms },
  { key: 'p99', title: 'event to socket, p99', ...ms },
  { key: 'announcements', title: 'announcements meanwhile', unit: '', better: 'more', hasRatio: false },
]

/** One notification to everyone: how fast it is, and what others notice of it. */
export const announcement: Part = {
  description: {
    part: 'announcement',
    compares:
      'A notification to everyone, beside one plain insert of the same rows into an empty table with the same indexes; and what it does to the events of others meanwhile.',
    figures,
  },
  scenarios({ services, isQuick }) {
    const people = isQuick ? 20_000 : 100_000
    return [
      scenario({
        name: `to ${people.toLocaleString('en')} people`,
        baseline: 'one insert',
        peers: ['Belfry', 'one insert'],
        measure: (peer) => announceOnce(services, peer, people),
      }),
      scenario({
        name: `${RATE} events/s of others meanwhile`,
        baseline: 'without',
        peers: ['announcing', 'without'],
        measure: (peer) => besideAnnouncements(services, peer, people),
      }),
    ]
  },
}

async function announceOnce(services: Services, peer: 'Belfry' | 'one insert', people: number): Promise<Measurement> {
  await using service = await startBelfry(services)
  const { place, program } = service
  await createPeople(place, { prefix: 'person-', count: people })
  await announce(place, 'warm-up')
  await place.query('checkpoint')
  if (peer === 'one insert') {
    program.freeze()
    return { values: { perSecond: people / (await insertCopy(place, "notification where key = 'warm-up'")) } }
  }
  const cpu = () => cpuMsOf(program.pid) + cpuMsOfFamily(place.postgresPid)
  const [from, before] = [now(), cpu()]
  await announce(place, 'measured')
  const seconds = (now() - from) / 1_000
  const cpuMs = cpu() - before
  const [row] = await place.query("select count(*)::int as rows from notification where key = 'measured'")
  if (row?.rows !== people) throw new Error(`${row?.rows} of ${people} notifications have arrived`)
  return { values: { perSecond: people / seconds, cpu: (1_000 * cpuMs) / people } }
}

/** Measures events of people who are not in the announcement; where there is one, the next one follows until the events have ended. */
async function besideAnnouncements(
  services: Services,
  peer: 'announcing' | 'without',
  people: number,
): Promise<Measurement> {
  await using service = await startBelfry(services)
  await createPeople(service.place, { prefix: 'person-', count: people })
  await using load = await warmLoad(service, CROWD, WARM_UP_EVENTS)
  const round = { events: RATE * SECONDS, rate: RATE, isFrozen: false }
  const measured = measureRound(service, load, round)
  let announcements = 0
  let isOver = false
  const over = measured.finally(() => {
    isOver = true
  })
  while (peer === 'announcing' && !isOver) await announce(service.place, `n${++announcements}`)
  const { p50, p95, p99 } = (await over).arrivals.latency
  return { values: { p50, p95, p99, announcements } }
}
