import type { Place, Watch } from '@belfry/core'

/** Where a thread is: which handler was given which event. */
export interface Inside extends Place {
  readonly plugin: string
}

/** What a thread tells of itself while it runs, even while it runs in a circle: memory that it shares with whoever watches it. */
export interface ThreadState {
  readonly buffer: SharedArrayBuffer
  /** For the thread: it is alive. */
  tick(): void
  /** For the thread: told by its host. */
  readonly watch: Watch
  /** For whoever watches: how often the thread has ticked. */
  ticks(): number
  inside(): Inside | undefined
  /** Handlers run one at a time from now on, or as they like again. */
  setCareful(careful: boolean): void
}

/** Of the numbers: the counter, whether it is inside of a handler, which, and whether it is careful. */
const [TICKS, INSIDE, TOPIC, PARTITION, PLUGIN, CAREFUL] = [0, 1, 2, 3, 4, 5] as const
const NUMBERS = 6
const OFFSET_AT = 32

/** Both sides make it of the same buffer, and of the same names in the same order. */
export function createThreadState(
  topics: readonly string[],
  plugins: readonly string[],
  buffer = new SharedArrayBuffer(OFFSET_AT + 8),
): ThreadState {
  const numbers = new Int32Array(buffer, 0, NUMBERS)
  const offsets = new Float64Array(buffer, OFFSET_AT, 1)
  const topicAt = new Map(topics.map((topic, index) => [topic, index]))
  const pluginAt = new Map(plugins.map((plugin, index) => [plugin, index]))
  return {
    buffer,
    tick: () => void Atomics.add(numbers, TICKS, 1),
    watch: {
      enter(plugin, { topic, partition, offset }) {
        numbers[TOPIC] = topicAt.get(topic) ?? -1
        numbers[PARTITION] = partition
        numbers[PLUGIN] = pluginAt.get(plugin) ?? -1
        offsets[0] = offset
        Atomics.store(numbers, INSIDE, 1)
      },
      leave: () => void Atomics.store(numbers, INSIDE, 0),
      careful: () => Atomics.load(numbers, CAREFUL) === 1,
    },
    ticks: () => Atomics.load(numbers, TICKS),
    inside() {
      if (Atomics.load(numbers, INSIDE) === 0) return undefined
      const [topic, plugin] = [topics[numbers[TOPIC] ?? -1], plugins[numbers[PLUGIN] ?? -1]]
      if (topic === undefined || plugin === undefined) return undefined
      return { topic, plugin, partition: numbers[PARTITION] ?? 0, offset: offsets[0] ?? 0 }
    },
    setCareful: (careful) => void Atomics.store(numbers, CAREFUL, careful ? 1 : 0),
  }
}
