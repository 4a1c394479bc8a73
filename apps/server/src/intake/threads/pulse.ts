import type { Place, RecordWatch, Watch } from '@belfry/core'

/** Topics and plugins by their numbers in the pulse: the same lists on both sides. */
export interface PulseNames {
  readonly topics: readonly string[]
  readonly plugins: readonly string[]
}

/** The record that a thread was in, and the plugin, where a handler was running. */
export interface Culprit extends Place {
  readonly plugin?: string
  /** What the thread was doing with it. */
  readonly step: Step
}

/**
 * What a thread can be doing with one record: decoding it; running a handler; or, where it takes one record at a time, anything between its
 * decoding and the end of its transaction. Another task of the thread may run during the last of them.
 */
export type Step = 'decoding' | 'handling' | 'alone'

/** What handlers run for: the intake, or an operator who tries a dead letter again. */
export type Errand = 'intake' | 'retry'

/** What is known of a thread that sends no messages any more: it lies in memory that both sides share. */
export interface Pulse {
  /** Moves as long as the thread is alive and not blocked; 0 before it has begun. */
  ticks(): number
  /** The record that it is in, and the handler; for a retry, only where the intake is in nothing nearer. */
  culprit(errand: Errand): Culprit | undefined
}

/** The thread's side of a pulse. */
export interface PulseWriter {
  tick(): void
  handlers(errand: Errand, careful: () => boolean): Watch
  records(errand: Errand, step: Exclude<Step, 'handling'>): RecordWatch
}

// There is a slot for each step of each errand. In 32 bits each: the ticks, then for each slot what is in it (0 is nothing, a plugin counts
// from 1, RECORD is the record itself), topic and partition; then the offsets in 64 bits.
const STEPS = ['decoding', 'handling', 'alone'] as const
const SLOT = { intake: 0, retry: STEPS.length }
const SLOTS = 2 * STEPS.length
const RECORD = -1
const OFFSETS_FROM = 8 * Math.ceil((1 + 3 * SLOTS) / 2)

/** Makes the memory that a thread and its watchdog share. */
export const createPulse = (): SharedArrayBuffer => new SharedArrayBuffer(OFFSETS_FROM + 8 * SLOTS)

/** Reads the pulse of a thread. */
export function readPulse(memory: SharedArrayBuffer, { topics, plugins }: PulseNames): Pulse {
  const [cells, offsets] = viewsOf(memory)
  const read = (errand: Errand, step: Step): Culprit | undefined => {
    const slot = slotOf(errand, step)
    const first = firstOf(slot)
    const what = Atomics.load(cells, first)
    const plugin = plugins[what - 1]
    const topic = topics[cells[first + 1] ?? -1]
    const [partition, offset] = [cells[first + 2], offsets[slot]]
    if (topic === undefined || partition === undefined || offset === undefined) return undefined
    if (what === RECORD) return { step, topic, partition, offset }
    return plugin === undefined ? undefined : { step, plugin, topic, partition, offset }
  }
  return {
    ticks: () => Atomics.load(cells, 0),
    culprit(errand) {
      // Decoding waits for nothing, so that nothing else can run meanwhile; a handler is nearer than the whole way of its record. What is
      // retried may only wait for the store, while the intake is in something nearer.
      for (const step of STEPS) {
        const found = read(errand, step)
        if (found) return found
        if (errand === 'retry' && read('intake', step)) return undefined
      }
      return undefined
    },
  }
}

/** Writes the pulse of this thread. */
export function writePulse(memory: SharedArrayBuffer, { topics, plugins }: PulseNames): PulseWriter {
  const [cells, offsets] = viewsOf(memory)
  const topicAt = new Map(topics.map((topic, index) => [topic, index]))
  const pluginAt = new Map(plugins.map((plugin, index) => [plugin, index + 1]))
  const openSlot = (errand: Errand, step: Step) => {
    const slot = slotOf(errand, step)
    const first = firstOf(slot)
    return {
      enter(what: number, { topic, partition, offset }: Place) {
        // What is in it comes last: a thread that ends in between is in nothing, and not half in one record and half in another.
        Atomics.store(cells, first, 0)
        cells[first + 1] = topicAt.get(topic) ?? -1
        cells[first + 2] = partition
        offsets[slot] = offset
        Atomics.store(cells, first, what)
      },
      leave: () => void Atomics.store(cells, first, 0),
    }
  }
  return {
    tick: () => void Atomics.add(cells, 0, 1),
    handlers(errand, careful) {
      const { enter, leave } = openSlot(errand, 'handling')
      return { careful, leave, enter: (plugin, place) => enter(pluginAt.get(plugin) ?? 0, place) }
    },
    records(errand, step) {
      const { enter, leave } = openSlot(errand, step)
      return { leave, enter: (place) => enter(RECORD, place) }
    },
  }
}

const slotOf = (errand: Errand, step: Step): number => SLOT[errand] + STEPS.indexOf(step)
const firstOf = (slot: number): number => 1 + 3 * slot

const viewsOf = (memory: SharedArrayBuffer) =>
  [new Int32Array(memory, 0, OFFSETS_FROM / 4), new Float64Array(memory, OFFSETS_FROM)] as const
