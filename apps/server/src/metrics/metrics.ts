import type { Change, Progress } from '@belfry/core'
import { Registry } from 'prom-client'
import type { serverLimits } from '../limits/server-limits.ts'
import { createInstruments, type Instruments } from './instruments.ts'
import type { Notice } from './notice.ts'
import type { Readiness } from './readiness.ts'
import { arrivalsOf, type Summary, type Tally } from './summary.ts'

/** What the sockets report. */
export interface SocketMetrics {
  frame(type: 'changes' | 'reset' | 'ping', count?: number): void
  resumed(): void
  /** A notification was shown, this many seconds after it arrived. */
  seen(seconds: number): void
  /** A limit has turned something away. */
  limited(limit: keyof typeof serverLimits): void
}

/** What is measured, and its text. */
export interface Metrics extends SocketMetrics {
  /** What a transaction did, after its changes were handed to the sockets. */
  applied(summary: Summary): void
  /** Something was noticed of records; `meant` is the type that is probably meant by an unknown one, or empty. */
  noticed(notice: Pick<Notice, 'kind' | 'topic' | 'type' | 'count'> & { readonly meant: string }): void
  /** Changes without an event: large audiences, marks and expiry. */
  changed(changes: readonly Change[]): void
  /** The fan-out of a plugin to a large audience has failed for good. */
  fanOutRefused(plugin: string): void
  /** A WebSocket was closed; `other` for an unknown code of a client. */
  closed(code: number | 'other'): void
  /** A thread of the intake was restarted. */
  threadRestarted(): void
  /** All of it as Prometheus reads it, with what is measured only when it is read. */
  text(measured: MeasuredOnRead): Promise<{ readonly contentType: string; readonly body: string }>
}

/** What is measured when the metrics are read, and not before. */
export interface MeasuredOnRead {
  /** Where every partition stands. */
  readonly progress: () => Promise<readonly Progress[]>
  /** How every part is. */
  readonly readiness: () => Promise<Readiness>
  /** How many connections there are. */
  readonly connections: number
}

export interface MetricsOptions {
  /** The version of this instance. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** Measures, in a registry of its own. */
export function createMetrics({ version, clock = Date.now }: MetricsOptions): Metrics {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  instruments.buildInfo.set({ version }, 1)
  const { events, reusedIds, unknown, tooOld, forms, letters, repeats, dropped } = instruments
  const countArrivals = (arrivals: Tally) => {
    for (const [plugin, message, count] of arrivals) instruments.notifications({ plugin, message }, count)
  }

  return {
    applied(summary) {
      const now = clock()
      for (const [topic, type, count] of summary.events) events({ topic, type }, count)
      for (const [topic, type, count] of summary.reusedIds) reusedIds({ topic, type }, count)
      for (const [plugin, code, count] of summary.letters) letters({ plugin, code }, count)
      for (const at of summary.loggedAt) instruments.toSocket.observe(Math.max(0, now - at) / 1_000)
      if (summary.batch) {
        instruments.batch.observe(summary.batch.events)
        instruments.took.observe(summary.batch.tookMs / 1_000)
      }
      repeats.inc(summary.repeats)
      dropped.inc(summary.dropped)
      for (const { plugin, message, reason, count } of summary.unsent)
        instruments.unsent({ plugin, message, reason }, count)
      countArrivals(summary.arrivals)
    },
    noticed({ kind, topic, type, meant, count }) {
      if (kind === 'unknown_type') unknown({ topic, type, meant }, count)
      else if (kind === 'too_old') tooOld({ topic }, count)
      else forms({ topic, form: kind }, count)
    },
    changed: (changes) => countArrivals(arrivalsOf(changes)),
    fanOutRefused: (plugin) => letters({ plugin, code: 'FAN_OUT_REFUSED' }),
    frame(type, count = 1) {
      instruments.frames.inc({ type }, count)
      if (type === 'reset') instruments.resets.inc(count)
    },
    resumed: () => instruments.resumes.inc(),
    seen: (seconds) => instruments.toSeen.observe(seconds),
    closed: (code) => instruments.closes.inc({ code }),
    limited: (limit) => instruments.limited.inc({ limit }),
    threadRestarted: () => instruments.restarts.inc(),
    async text({ progress, readiness, connections }) {
      instruments.sockets.set(connections)
      await Promise.all([measureLag(instruments, progress, clock), measureReadiness(instruments, readiness)])
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

/** Where every partition stands now; what cannot be read is left out, so that an old figure is not taken for a new one. */
async function measureLag(
  { lagEvents, lagSeconds }: Instruments,
  progress: MeasuredOnRead['progress'],
  clock: () => number,
): Promise<void> {
  const partitions = await progress().catch(() => [])
  lagEvents.reset()
  lagSeconds.reset()
  for (const { topic, partition, lag, oldest } of partitions) {
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
