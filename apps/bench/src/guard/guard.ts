import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drainOnce } from '../parts/drain.ts'
import { latencyOnce } from '../parts/latency.ts'
import { interleave, type Stage } from '../parts/part.ts'
import { ratioIn } from '../results/ratio.ts'
import type { ScenarioResult } from '../results/result.ts'
import { type GuardedRatio, linesOf, verdictsOf } from './verdicts.ts'

const PATH = fileURLToPath(new URL('../../guard.json', import.meta.url))
const PEERS = ['Belfry', 'batch'] as const
const RUNS = 3
const DRAINED_EVENTS = 20_000
const RATE = 400
const SECONDS = 4

/** Measures a small *drain* and a small *latency* as ratios to *batch*, prints them, and returns whether none is worse than half of its record. */
export async function guard(stage: Pick<Stage, 'services' | 'progress'>): Promise<boolean> {
  const verdicts = verdictsOf(await measure(stage), JSON.parse(readFileSync(PATH, 'utf8')))
  process.stdout.write(`Belfry beside batch:\n${linesOf(verdicts)}\n`)
  return verdicts.every(({ hasFailed }) => !hasFailed)
}

/** Measures the same, and records it. */
export async function recordGuard(stage: Pick<Stage, 'services' | 'progress'>): Promise<void> {
  const recorded = (await measure(stage)).map(({ title, ratio }) => [title, Number(ratio.toFixed(2))])
  writeFileSync(PATH, `${JSON.stringify(Object.fromEntries(recorded), null, 2)}\n`)
}

async function measure({ services, progress }: Pick<Stage, 'services' | 'progress'>): Promise<readonly GuardedRatio[]> {
  const extent = { runs: RUNS, progress }
  const crowd = { people: 500, sockets: 500 }
  const drained = await interleave(extent, {
    name: 'drain',
    baseline: 'batch',
    peers: PEERS,
    measure: (peer) => drainOnce(services, peer, { events: DRAINED_EVENTS, crowd }),
  })
  const sent = await interleave(extent, {
    name: 'latency',
    baseline: 'batch',
    peers: PEERS,
    measure: (peer) => latencyOnce(services, peer, { rate: RATE, events: RATE * SECONDS }),
  })
  const ratio = (title: string, scenario: ScenarioResult, [figure, better]: readonly [string, 'more' | 'less']) => ({
    title,
    better,
    ratio: ratioIn(scenario, figure, PEERS) ?? Number.NaN,
  })
  return [
    ratio('events/s while draining', drained, ['eventsPerSecond', 'more']),
    ratio('CPU while draining', drained, ['cpu', 'less']),
    ratio('event to socket at 400/s, p50', sent, ['p50', 'less']),
    ratio('CPU at 400/s', sent, ['cpu', 'less']),
  ]
}
