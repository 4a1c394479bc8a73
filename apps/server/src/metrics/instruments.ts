import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { type Definition, definitions } from './definitions.ts'
import { createLabelValues } from './label-values.ts'

type Name = keyof typeof definitions

/** Makes what counts and measures, one instrument a metric, in this registry. */
export function createInstruments(registry: Registry) {
  const common = (name: Name) => {
    const { help, labels }: Definition = definitions[name]
    return { name: `belfry_${name}`, help, labelNames: [...labels], registers: [registry] }
  }
  const counter = (name: Name) => new Counter(common(name))
  const gauge = (name: Name) => new Gauge(common(name))
  const histogram = (name: Name) => {
    const { buckets = [] }: Definition = definitions[name]
    return new Histogram({ ...common(name), buckets: [...buckets] })
  }
  /** A counter whose labels take a limited number of values each. */
  const bounded = <Label extends string>(name: Name, labels: readonly Label[]) => {
    const counted = counter(name)
    const values = labels.map((label) => [label, createLabelValues()] as const)
    return (of: Readonly<Record<Label, string>>, count = 1) =>
      counted.inc(Object.fromEntries(values.map(([label, bound]) => [label, bound(of[label])])), count)
  }
  return {
    events: bounded('events_applied_total', ['topic', 'type']),
    repeats: counter('events_repeated_total'),
    unknown: bounded('events_unknown_total', ['topic', 'type', 'meant']),
    forms: bounded('records_noticed_total', ['topic', 'form']),
    reusedIds: bounded('events_reused_ids_total', ['topic', 'type']),
    tooOld: bounded('events_too_old_total', ['topic']),
    notifications: bounded('notifications_total', ['plugin', 'message']),
    unsent: bounded('notifications_unsent_total', ['plugin', 'message', 'reason']),
    dropped: counter('notifications_dropped_total'),
    letters: bounded('dead_letters_total', ['plugin', 'code']),
    batch: histogram('apply_batch_events'),
    took: histogram('apply_seconds'),
    frames: counter('frames_total'),
    resumes: counter('resumes_total'),
    resets: counter('resets_total'),
    closes: counter('closes_total'),
    limited: counter('limited_total'),
    restarts: counter('thread_restarts_total'),
    toSocket: histogram('event_to_socket_seconds'),
    toSeen: histogram('event_to_seen_seconds'),
    sockets: gauge('sockets'),
    buildInfo: gauge('build_info'),
    ready: gauge('ready'),
    lagEvents: gauge('lag_events'),
    lagSeconds: gauge('lag_seconds'),
  }
}

/** The instruments of one process. */
export type Instruments = ReturnType<typeof createInstruments>
