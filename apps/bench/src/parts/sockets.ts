import { setTimeout as pass } from 'node:timers/promises'
import { quantilesOf } from '../figures/quantiles.ts'
import { Load } from '../load/load.ts'
import { now } from '../load/now.ts'
import { heapAndExternalOf, memoryFlags } from '../machine/memory-of-program.ts'
import { cpuMsOf, memoryMbOf } from '../machine/usage.ts'
import type { Figure, Measurement, Point } from '../results/result.ts'
import { SECRET } from '../stage/service.ts'
import type { Services } from '../stage/services.ts'
import { startBare } from '../stage/start-bare.ts'
import { startBelfry } from '../stage/start-belfry.ts'
import { announce, createPeople } from './announce.ts'
import { type Part, scenario } from './part.ts'

type Peer = 'Belfry' | 'bare ws'

const PEERS: readonly Peer[] = ['Belfry', 'bare ws']
/** Sockets that are open before any are counted: what the first of them load is not theirs. */
const FIRST_SOCKETS = 500
const BROADCAST_SOCKETS = 5_000
/** Until what opening them has left is gone. */
const SETTLE_MS = 3_000
const IDLE_SECONDS = 10

const figures: readonly Figure[] = [
  { key: 'kb1000', title: 'heap and external, 1,000 sockets', unit: 'kB each', better: 'less', hasRatio: true },
  { key: 'kb5000', title: 'heap and external, 5,000 sockets', unit: 'kB each', better: 'less', hasRatio: true },
  { key: 'kb10000', title: 'heap and external, 10,000 sockets', unit: 'kB each', better: 'less', hasRatio: true },
  { key: 'residentKb', title: 'resident, all of them', unit: 'kB each', better: 'less', hasRatio: true },
  { key: 'idleCpu', title: 'CPU with all of them idle', unit: '% of a core', better: 'less', hasRatio: false },
  { key: 'firstMs', title: 'first arrival', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'p50', title: 'p50', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'lastMs', title: 'last arrival', unit: 'ms', better: 'less', hasRatio: true },
  { key: 'arrivedPercent', title: 'arrived', unit: '%', better: 'more', hasRatio: false },
]

/** What an idle socket costs, and a text that goes to all sockets. */
export const sockets: Part = {
  description: {
    part: 'sockets',
    compares:
      'Sockets that are idle, each of another person, on Postgres, beside a server of ws that does nothing with them: the heap and the memory outside of it after a collection, of the thread that serves sockets, beyond the first 500. Then a notification to everyone beside one text that ws sends to all.',
    figures,
    curves: { title: 'Heap and external', x: 'idle sockets', y: 'MB' },
  },
  scenarios({ services, isQuick }) {
    const counts = isQuick ? [1_000] : [1_000, 2_500, 5_000, 10_000]
    const many = isQuick ? 1_000 : BROADCAST_SOCKETS
    return [
      scenario({
        name: 'idle sockets',
        baseline: 'bare ws',
        peers: PEERS,
        measure: (peer) => idleOnce(services, peer, counts),
      }),
      scenario({
        name: `one notification to ${many.toLocaleString('en')} sockets`,
        baseline: 'bare ws',
        peers: PEERS,
        measure: (peer) => broadcastOnce(services, peer, many),
      }),
    ]
  },
}

async function idleOnce(services: Services, peer: Peer, counts: readonly number[]): Promise<Measurement> {
  await using service = await (peer === 'Belfry'
    ? startBelfry(services, { flags: memoryFlags })
    : startBare(memoryFlags))
  await using load = Load.create()
  const { program, protocol, url } = service
  let opened = 0
  const openUpTo = async (count: number) => {
    await load.open({ protocol, url, secret: SECRET }, { from: opened, count: count - opened })
    opened = count
    await pass(SETTLE_MS)
    return heapAndExternalOf(program)
  }
  const base = await openUpTo(FIRST_SOCKETS)
  const resident = memoryMbOf(program.pid).resident
  const curve: Point[] = [[0, base / 1e6]]
  const values: Record<string, number> = {}
  for (const count of counts) {
    const bytes = await openUpTo(FIRST_SOCKETS + count)
    curve.push([count, bytes / 1e6])
    values[`kb${count}`] = (bytes - base) / count / 1_000
  }
  const most = counts.at(-1) ?? 1
  values.residentKb = ((memoryMbOf(program.pid).resident - resident) * 1_024) / most
  const [from, cpu] = [now(), cpuMsOf(program.pid)]
  await pass(IDLE_SECONDS * 1_000)
  values.idleCpu = (100 * (cpuMsOf(program.pid) - cpu)) / (now() - from)
  return { values, curve }
}

async function broadcastOnce(services: Services, peer: Peer, count: number): Promise<Measurement> {
  if (peer === 'Belfry') {
    await using service = await startBelfry(services)
    await createPeople(service.place, { prefix: 'u', count })
    return await measureBroadcast(service, count, (id) => announce(service.place, id))
  }
  await using service = await startBare()
  return await measureBroadcast(service, count, async (id) => {
    service.program.child.send({ broadcast: JSON.stringify({ type: 'notification', title: id }) })
  })
}

/** Opens the sockets, and sends two texts to all: the first one warms up. */
async function measureBroadcast(
  { protocol, url }: { readonly protocol: 'belfry' | 'plain'; readonly url: string },
  count: number,
  send: (id: string) => Promise<void>,
): Promise<Measurement> {
  await using load = Load.create()
  await load.open({ protocol, url, secret: SECRET }, { from: 0, count })
  const broadcast = async (id: string) => {
    const arrived = load.watch(id, count)
    const from = now()
    await send(id)
    return (await arrived).map((at) => at - from)
  }
  await broadcast('warm-up')
  await pass(SETTLE_MS)
  const after = await broadcast('measured')
  const { p50, max } = quantilesOf(after)
  return {
    values: { firstMs: Math.min(...after), p50, lastMs: max, arrivedPercent: (100 * after.length) / count },
  }
}
