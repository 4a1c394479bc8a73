import type { Change, Redone, Source } from '@belfry/core'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { serverLimits } from '../limits/server-limits.ts'
import { type Definition, definitions } from './definitions.ts'
import { createLabelValues } from './label-values.ts'
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

type Name = keyof typeof definitions

/** Measures, in a registry of its own. `clock` answers milliseconds since 1970. */
export function createMetrics({
  source,
  readiness,
  version,
  clock = Date.now,
}: {
  readonly source: Pick<Source, 'progress'>
  /** How every part is. */
  readonly readiness: () => Promise<Readiness>
  /** The version of this instance. */
  readonly version: string
  readonly clock?: () => number
}): Metrics {
  const registry = new Registry()
  const common = (name: Name) => {
    const { help, labels }: Definition = definitions[name]
    return { name: `belfry_${name}`, help, labelNames: [...labels], registers: [registry] }
  }
  const counter = (name: Name) => new Counter(common(name))
  /** A counter of which each label takes so many values. */
  const bounded = <Label extends string>(name: Name, labels: readonly Label[]) => {
    const counted = counter(name)
    const values = labels.map((label) => [label, createLabelValues()] as const)
    return (of: Readonly<Record<Label, string>>, count = 1) =>
      counted.inc(Object.fromEntries(values.map(([label, bound]) => [label, bound(of[label])])), count)
  }
  const histogram = (name: Name) => {
    const { buckets = [] }: Definition = definitions[name]
    return new Histogram({ ...common(name), buckets: [...buckets] })
  }
  const events = bounded('events_applied_total', ['topic', 'type'])
  const repeats = counter('events_repeated_total')
  const tooOld = bounded('events_too_old_total', ['topic'])
  const notifications = bounded('notifications_total', ['plugin', 'message'])
  const dropped = counter('notifications_dropped_total')
  const letters = bounded('dead_letters_total', ['plugin', 'code'])
  const batch = histogram('apply_batch_events')
  const took = histogram('apply_seconds')
  const frames = counter('frames_total')
  const resumes = counter('resumes_total')
  const resets = counter('resets_total')
  const closes = counter('closes_total')
  const limited = counter('limited_total')
  const restarts = counter('thread_restarts_total')
  const toSocket = histogram('event_to_socket_seconds')
  const toSeen = histogram('event_to_seen_seconds')
  let sockets: { readonly count: number } = { count: 0 }
  new Gauge({
    ...common('sockets'),
    collect() {
      this.set(sockets.count)
    },
  })
  new Gauge(common('build_info')).set({ version }, 1)
  const ready = new Gauge(common('ready'))
  const lagEvents = new Gauge(common('lag_events'))
  const lagSeconds = new Gauge(common('lag_seconds'))

  /** Where every partition stands now; what cannot be asked is left out, so that an old figure is not taken for a new one. */
  const measureLag = async () => {
    const progress = await source.progress().catch(() => [])
    lagEvents.reset()
    lagSeconds.reset()
    for (const { topic, partition, lag, oldest } of progress) {
      lagEvents.set({ topic, partition }, lag)
      // Of what others read, nobody here knows how old it is.
      if (oldest !== undefined) lagSeconds.set({ topic, partition }, Math.max(0, clock() - oldest) / 1_000)
      else if (lag === 0) lagSeconds.set({ topic, partition }, 0)
    }
  }
  const measureReadiness = async () => {
    const parts = await readiness()
    ready.reset()
    for (const [part, { status }] of Object.entries(parts)) ready.set({ part }, status === 'ok' ? 1 : 0)
  }
  const countArrivals = (arrivals: Tally) => {
    for (const [plugin, message, count] of arrivals) notifications({ plugin, message }, count)
  }

  return {
    applied(summary) {
      const now = clock()
      for (const [topic, type, count] of summary.events) events({ topic, type }, count)
      for (const [topic, , count] of summary.tooOld) tooOld({ topic }, count)
      for (const [plugin, code, count] of summary.letters) letters({ plugin, code }, count)
      for (const at of summary.loggedAt) toSocket.observe(Math.max(0, now - at) / 1_000)
      batch.observe(summary.count)
      took.observe(summary.took / 1_000)
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
      frames.inc({ type }, count)
      if (type === 'reset') resets.inc(count)
    },
    resumed: () => resumes.inc(),
    seen: (seconds) => toSeen.observe(seconds),
    closed: (code) => closes.inc({ code }),
    limited: (limit) => limited.inc({ limit }),
    threadRestarted: () => restarts.inc(),
    watch(counted) {
      sockets = counted
    },
    async text() {
      await Promise.all([measureLag(), measureReadiness()])
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
