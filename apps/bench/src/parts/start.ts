import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { now } from '../load/now.ts'
import type { Program } from '../machine/program.ts'
import { memoryMbOf } from '../machine/usage.ts'
import type { Figure, Measurement } from '../results/result.ts'
import { startEmbedded, startPGlite } from '../stage/start-embedded.ts'
import { type Part, scenario } from './part.ts'

type Peer = 'Belfry' | 'PGlite alone'

/** Until what the start has left is collected. */
const SETTLE_MS = 2_000

const figures: readonly Figure[] = [
  { key: 'readySeconds', title: 'until it is ready', unit: 's', better: 'less', hasRatio: true },
  { key: 'resident', title: 'resident when it is ready', unit: 'MB', better: 'less', hasRatio: true },
  { key: 'settled', title: 'resident two seconds later', unit: 'MB', better: 'less', hasRatio: true },
  { key: 'peak', title: 'resident at most', unit: 'MB', better: 'less', hasRatio: true },
]

/** How long the embedded default takes to be ready, in an empty folder and in one that it has used. */
export const start: Part = {
  description: {
    part: 'start',
    compares:
      'The embedded default from the start of its process until /ready answers, beside a process that opens PGlite in a folder and queries it once. The folder is empty (cold), or was used before (warm).',
    figures,
  },
  scenarios() {
    return [
      scenario({
        name: 'cold',
        baseline: 'PGlite alone',
        peers: ['Belfry', 'PGlite alone'],
        measure: (peer) => startOnce(peer, false),
      }),
      scenario({
        name: 'warm',
        baseline: 'PGlite alone',
        peers: ['Belfry', 'PGlite alone'],
        measure: (peer) => startOnce(peer, true),
      }),
    ]
  },
}

async function startOnce(peer: Peer, isWarm: boolean): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-'))
  const open = async (): Promise<Program> =>
    peer === 'Belfry' ? (await startEmbedded(folder)).program : startPGlite(folder)
  try {
    if (isWarm) await (await open()).stop('SIGTERM')
    const from = now()
    const program = await open()
    const readySeconds = (now() - from) / 1_000
    const { resident } = memoryMbOf(program.pid)
    await pass(SETTLE_MS)
    const { resident: settled, peak } = memoryMbOf(program.pid)
    await program.stop('SIGTERM')
    return { values: { readySeconds, resident, settled, peak } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
