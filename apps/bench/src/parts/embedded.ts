import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Load } from '../load/load.ts'
import { now } from '../load/now.ts'
import { Program } from '../machine/program.ts'
import { cpuMsOf, memoryMbOf } from '../machine/usage.ts'
import type { Figure, Measurement } from '../results/result.ts'
import { SECRET } from '../stage/service.ts'
import { startEmbedded } from '../stage/start-embedded.ts'
import { type Part, scenario } from './part.ts'

type Peer = 'Belfry' | 'rows by hand'

const CROWD = { people: 500, sockets: 500 }
const EVENTS_PER_BATCH = 500
const WARM_UP_EVENTS = 2_000
const ROWS_BY_HAND = fileURLToPath(new URL('../peers/pglite-rows.ts', import.meta.url))

const figures: readonly Figure[] = [
  { key: 'eventsPerSecond', title: 'events', unit: 'per second', better: 'more', hasRatio: true },
  { key: 'cpu', title: 'CPU', unit: 'ms per 1,000', better: 'less', hasRatio: true },
  { key: 'peak', title: 'resident at most', unit: 'MB', better: 'less', hasRatio: false },
  { key: 'lost', title: 'lost', unit: 'events', better: 'less', hasRatio: false },
]

/** Events over HTTP into the embedded default. */
export const embedded: Part = {
  description: {
    part: 'embedded',
    compares:
      'booking.created in batches over HTTP into the embedded default, from the first request until the last event has arrived on a socket, beside the same rows of the same tables inserted by hand into the same PGlite, in as many transactions as there were batches.',
    figures,
  },
  scenarios({ isQuick }) {
    const events = isQuick ? 2_000 : 10_000
    return [
      scenario({
        name: `${events.toLocaleString('en')} events in batches of ${EVENTS_PER_BATCH}`,
        baseline: 'rows by hand',
        peers: ['Belfry', 'rows by hand'],
        measure: (peer) => embeddedOnce(peer, events),
      }),
    ]
  },
}

async function embeddedOnce(peer: Peer, events: number): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-'))
  try {
    const measured = await sendBatches(folder, events)
    return peer === 'Belfry' ? measured : await insertByHand(folder, events + WARM_UP_EVENTS)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function sendBatches(folder: string, events: number): Promise<Measurement> {
  const { program, http, url } = await startEmbedded(folder)
  try {
    const target = { kind: 'http', http, secret: SECRET } as const
    await using load = await Load.connect({ protocol: 'belfry', url, secret: SECRET, target, ...CROWD })
    await load.produce({ events: WARM_UP_EVENTS, rate: 0 })
    await load.collect()
    const [from, before] = [now(), cpuMsOf(program.pid)]
    await load.produce({ events, rate: 0 })
    const { lastAt, expected, arrived } = await load.collect()
    const cpu = (1_000 * (cpuMsOf(program.pid) - before)) / events
    const { peak } = memoryMbOf(program.pid)
    return {
      values: { eventsPerSecond: (1_000 * events) / (lastAt - from), cpu, peak, lost: expected - arrived },
    }
  } finally {
    await program.stop('SIGTERM')
  }
}

async function insertByHand(folder: string, events: number): Promise<Measurement> {
  const program = new Program(ROWS_BY_HAND, { args: [folder, String(events / EVENTS_PER_BATCH)] })
  try {
    const { seconds, rows } = await program.receive(secondsIn)
    return { values: { eventsPerSecond: rows / seconds } }
  } finally {
    await program.stop()
  }
}

function secondsIn(message: unknown): { readonly seconds: number; readonly rows: number } | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const [seconds, rows] = [Reflect.get(message, 'seconds'), Reflect.get(message, 'rows')]
  return typeof seconds === 'number' && typeof rows === 'number' ? { seconds, rows } : undefined
}
