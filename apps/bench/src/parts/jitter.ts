import { fileURLToPath } from 'node:url'
import type { JitterAnswer, JitterOrder } from '../load/jitter-orders.ts'
import { Program } from '../machine/program.ts'
import { cpuMsOf } from '../machine/usage.ts'
import type { Figure, Measurement } from '../results/result.ts'
import { SECRET } from '../stage/service.ts'
import type { Services } from '../stage/services.ts'
import { startOnPostgres } from '../stage/start-on-postgres.ts'
import { startSocketIo } from '../stage/start-socket-io.ts'
import { createPeople } from './announce.ts'
import { type Part, scenario } from './part.ts'

type Peer = JitterOrder['peer']

const PATH = fileURLToPath(new URL('../load/jitter-process.ts', import.meta.url))

const figures: readonly Figure[] = [
  { key: 'arrivedPercent', title: 'arrived', unit: '%', better: 'more', hasRatio: false },
  { key: 'repeated', title: 'arrived again', unit: '', better: 'less', hasRatio: false },
  { key: 'p50', title: 'p50', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'p95', title: 'p95', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'p99', title: 'p99', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'max', title: 'max', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'cpu', title: 'CPU of the service', unit: 's', better: 'less', hasRatio: true },
  { key: 'cuts', title: 'connections cut', unit: '', better: 'less', hasRatio: false },
]

/** Clients on bad networks, and what reaches them. */
export const jitter: Part = {
  description: {
    part: 'jitter',
    compares:
      'Clients that are cut off about every 15 s and return after about 2 s, while a notification goes to everyone twice a second: Belfry on Postgres, events over HTTP, beside Socket.IO with connection state recovery, which keeps everything in memory.',
    figures,
  },
  scenarios({ services, isQuick }) {
    const [clients, broadcasts] = isQuick ? [100, 44] : [500, 60]
    return [
      scenario({
        name: `${clients} clients, ${broadcasts} notifications to each`,
        baseline: 'Socket.IO',
        peers: ['Belfry', 'Socket.IO'],
        measure: (peer) => jitterOnce(services, peer, { clients, broadcasts }),
      }),
    ]
  },
}

async function jitterOnce(
  services: Services,
  peer: Peer,
  size: Pick<JitterOrder, 'clients' | 'broadcasts'>,
): Promise<Measurement> {
  if (peer === 'Socket.IO') {
    await using service = await startSocketIo()
    return await measure({ ...service, order: { peer, http: service.http, secret: SECRET, ...size } })
  }
  await using service = await startOnPostgres(services)
  await createPeople(service.place, { prefix: 'u', count: size.clients })
  return await measure({ ...service, order: { peer, http: service.http, secret: SECRET, ...size } })
}

async function measure({
  program,
  order,
}: {
  readonly program: Program
  readonly order: JitterOrder
}): Promise<Measurement> {
  const clients = new Program(PATH)
  try {
    const received = clients.receive(answerIn)
    const before = cpuMsOf(program.pid)
    clients.child.send(order)
    const { expected, arrived, repeated, cuts, latency, latencies } = await received
    const { p50, p95, p99, max } = latency
    const cpu = (cpuMsOf(program.pid) - before) / 1_000
    return {
      values: { arrivedPercent: (100 * arrived) / expected, repeated, p50, p95, p99, max, cpu, cuts },
      latencies,
    }
  } finally {
    await clients.stop()
  }
}

function answerIn(message: unknown): JitterAnswer | undefined {
  const isAnswer = typeof message === 'object' && message !== null && 'latency' in message
  // The process sends nothing else.
  return isAnswer ? (message as JitterAnswer) : undefined
}
