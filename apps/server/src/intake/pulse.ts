import type { Place, Watch } from '@belfry/core'

/** Topics and plugins by their numbers in the pulse: the same lists on both sides. */
export interface PulseNames {
  readonly topics: readonly string[]
  readonly plugins: readonly string[]
}

/** Which plugin is in which event. */
export interface Culprit extends Place {
  readonly plugin: string
}

/** Handlers run for the intake, or for an operator who tries a dead letter again. */
export type Errand = 'intake' | 'retry'

/** What can be known of a thread that says nothing any more. */
export interface Pulse {
  /** Moves as long as the thread is alive and not blocked; 0 before it has begun. */
  ticks(): number
  /** Which handler it is in. */
  culprit(errand: Errand): Culprit | undefined
}

/** The thread's side of it. */
export interface PulseWriter {
  tick(): void
  watch(errand: Errand, careful: () => boolean): Watch
}

// In 32 bits each: the ticks, then of each errand plugin (from 1; 0 is none), topic and partition; then the offsets in 64 bits.
const FIRST = { intake: 1, retry: 4 }
const OFFSET = { intake: 0, retry: 1 }
const OFFSETS_FROM = 32

/** Makes the memory that a thread and its watchdog share. */
export const createPulse = (): SharedArrayBuffer => new SharedArrayBuffer(OFFSETS_FROM + 16)

/** Reads the pulse of a thread. */
export function readPulse(memory: SharedArrayBuffer, { topics, plugins }: PulseNames): Pulse {
  const [cells, offsets] = viewsOf(memory)
  return {
    ticks: () => Atomics.load(cells, 0),
    culprit(errand) {
      const first = FIRST[errand]
      const plugin = plugins[Atomics.load(cells, first) - 1]
      const topic = topics[cells[first + 1] ?? -1]
      const [partition, offset] = [cells[first + 2], offsets[OFFSET[errand]]]
      if (plugin === undefined || topic === undefined || partition === undefined || offset === undefined)
        return undefined
      return { plugin, topic, partition, offset }
    },
  }
}

/** Writes the pulse of this thread. */
export function writePulse(memory: SharedArrayBuffer, { topics, plugins }: PulseNames): PulseWriter {
  const [cells, offsets] = viewsOf(memory)
  const topicAt = new Map(topics.map((topic, index) => [topic, index]))
  const pluginAt = new Map(plugins.map((plugin, index) => [plugin, index + 1]))
  return {
    tick: () => void Atomics.add(cells, 0, 1),
    watch(errand, careful) {
      const first = FIRST[errand]
      return {
        careful,
        enter(plugin, { topic, partition, offset }) {
          // The plugin comes last: a thread that ends in between is in nothing, and not half in one event and half in another.
          Atomics.store(cells, first, 0)
          cells[first + 1] = topicAt.get(topic) ?? -1
          cells[first + 2] = partition
          offsets[OFFSET[errand]] = offset
          Atomics.store(cells, first, pluginAt.get(plugin) ?? 0)
        },
        leave: () => void Atomics.store(cells, first, 0),
      }
    },
  }
}

const viewsOf = (memory: SharedArrayBuffer) =>
  [new Int32Array(memory, 0, OFFSETS_FROM / 4), new Float64Array(memory, OFFSETS_FROM)] as const
