import type { Change, Redone, Source } from '@belfry/core'
import { Registry } from 'prom-client'
import type { serverLimits } from '../limits/server-limits.ts'
import { createInstruments, type Instruments } from './instruments.ts'
import type { Readiness } from './readiness.ts'
import { arrivalsOf, type Summary, type Tally } from './summary.ts'

/** What the sockets tell of themselves. */
export interface SocketMetrics {
  frame(type: 'changes' | 'reset' | 'ping', count?: number): void
  resumed(): void
  /** What arrived so many seconds ago has been shown. */
  seen(seconds: number): void
  /** A limit has turned something away. */
  limited(limit: keyof typeof serverLimits): void
}

/** What is measured, and how it is told. */
export interface Metrics extends SocketMetrics {
  /** What a transaction did, after its changes were handed to the sockets. */
  applied(summary: Summary): void
  /** What was told without an event: large audiences, marks and expiry. */
  told(changes: readonly Change[]): void
  /** A large audience of a plugin was given up. */
  gaveUp(plugin: string): void
  /** A dead letter was applied. What has arrived is told apart. */
  gaveBack(done: Redone): void
  /** A WebSocket was closed; `other` for a code that a client has made up. */
  closed(code: number | 'other'): void
  /** A thread of the intake was started anew. */
  threadRestarted(): void
  /** Whose connections are counted. */
  watch(sockets: { readonly count: number }): void
  /** All of it as Prometheus reads it. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>
}

export interface MetricsOptions {
  readonly source: Pick<Source, 'progress'>
  /** How every part is. */
  readonly readiness: () => Promise<Readiness>
  /** The version of this instance. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** Measures, in a registry of its own. */
export function createMetrics({ source, readiness, version, clock = Date.now }: MetricsOptions): Metrics {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  instruments.buildInfo.set({ version }, 1)
  const { events, tooOld, letters, repeats, dropped } = instruments
  let sockets: { readonly count: number } = { count: 0 }
  const countArrivals = (arrivals: Tally) => {
    for (const [plugin, message, count] of arrivals) instruments.notifications({ plugin, message }, count)
  }

  return {
    applied(summary) {
      const now = clock()
      for (const [topic, type, count] of summary.events) events({ topic, type }, count)
      for (const [topic, , count] of summary.tooOld) tooOld({ topic }, count)
      for (const [plugin, code, count] of summary.letters) letters({ plugin, code }, count)
      for (const at of summary.loggedAt) instruments.toSocket.observe(Math.max(0, now - at) / 1_000)
      instruments.batch.observe(summary.count)
      instruments.took.observe(summary.took / 1_000)
      repeats.inc(summary.repeats)
      dropped.inc(summary.dropped)
      countArrivals(summary.arrivals)
    },
    told: (changes) => countArrivals(arrivalsOf(changes)),
    gaveUp: (plugin) => letters({ plugin, code: 'FAN_OUT_REFUSED' }),
    gaveBack({ applied, left, event }) {
      if (event !== undefined) events({ topic: event.topic, type: event.type })
      dropped.inc(applied.dropped)
      repeats.inc(applied.repeats.length)
      for (const { plugin = '', code } of left) letters({ plugin, code })
    },
    frame(type, count = 1) {
      instruments.frames.inc({ type }, count)
      if (type === 'reset') instruments.resets.inc(count)
    },
    resumed: () => instruments.resumes.inc(),
    seen: (seconds) => instruments.toSeen.observe(seconds),
    closed: (code) => instruments.closes.inc({ code }),
    limited: (limit) => instruments.limited.inc({ limit }),
    threadRestarted: () => instruments.restarts.inc(),
    watch(counted) {
      sockets = counted
    },
    async text() {
      instruments.sockets.set(sockets.count)
      await Promise.all([measureLag(instruments, source, clock), measureReadiness(instruments, readiness)])
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

/** Where every partition stands now; what cannot be read is left out, so that an old figure is not taken for a new one. */
async function measureLag(
  { lagEvents, lagSeconds }: Instruments,
  source: Pick<Source, 'progress'>,
  clock: () => number,
): Promise<void> {
  const progress = await source.progress().catch(() => [])
  lagEvents.reset()
  lagSeconds.reset()
  for (const { topic, partition, lag, oldest } of progress) {
    lagEvents.set({ topic, partition }, lag)
    // How old the records are that another instance reads is not known here.
    if (oldest !== undefined) lagSeconds.set({ topic, partition }, Math.max(0, clock() - oldest) / 1_000)
    else if (lag === 0) lagSeconds.set({ topic, partition }, 0)
  }
}

async function measureReadiness({ ready }: Instruments, readiness: () => Promise<Readiness>): Promise<void> {
  const parts = await readiness()
  ready.reset()
  for (const [part, { status }] of Object.entries(parts)) ready.set({ part }, status === 'ok' ? 1 : 0)
}
