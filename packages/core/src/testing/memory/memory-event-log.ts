import { coreErrors } from '../../errors.ts'
import type { Position, Positions } from '../../ports/positions.ts'
import type { NewRecord, Publisher } from '../../ports/publisher.ts'
import type { Chunk, Source, SourceRecord } from '../../ports/source.ts'

interface Topic {
  readonly name: string
  readonly records: SourceRecord[]
  next: number
  /** Everything below is applied. */
  applied: number
  running: boolean
}

/** Makes an event log in memory, with one partition a topic: it is the meaning of `Source` and `Publisher`. Its contents end with its process. */
export function createMemoryEventLog({ clock = Date.now }: { readonly clock?: () => number } = {}): {
  readonly source: Source
  readonly publisher: Publisher
} {
  const topics = new Map<string, Topic>()
  const encode = new TextEncoder()
  let closed = false
  let wake = () => {}
  let kept: Positions = { beginAt: async () => [], of: async () => [] }

  const topicOf = (name: string): Topic => {
    const found = topics.get(name) ?? { name, records: [], next: 0, applied: 0, running: false }
    topics.set(name, found)
    return found
  }
  /** One record of each topic in turn, until nothing is left or it is enough. */
  const takeSome = (limit: number): readonly Chunk[] => {
    const waiting = [...topics.values()].filter(({ running, next, records }) => running && next < records.length)
    const share = Math.max(1, Math.floor(limit / Math.max(1, waiting.length)))
    return waiting.slice(0, limit).map((topic) => {
      const from = topic.next
      const records = topic.records.slice(from, from + share)
      topic.next = from + records.length
      return { topic: topic.name, partition: 0, from, next: topic.next, records }
    })
  }

  const stop = () => {
    closed = true
    wake()
  }
  const source: Source = {
    async open(names, store) {
      kept = store
      const positions = await store.beginAt(names.map((topic) => ({ topic, partition: 0, next: 0 })))
      for (const { topic, next } of positions) Object.assign(topicOf(topic), { next, applied: next })
    },
    async take(limit, onIdle = () => {}) {
      for (;;) {
        const chunks = closed ? [] : takeSome(limit)
        if (closed || chunks.length > 0) return chunks
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        onIdle()
        await promise
      }
    },
    advance(positions) {
      for (const { topic, next } of positions) topicOf(topic).applied = next
    },
    rewind({ topic, next }: Position) {
      Object.assign(topicOf(topic), { next, applied: next })
      wake()
    },
    pause(topic) {
      topicOf(topic).running = false
    },
    resume(topic) {
      topicOf(topic).running = true
      wake()
    },
    refresh() {
      const move = async () => {
        for (const { topic, next } of await kept.of([...topics.keys()])) {
          const one = topicOf(topic)
          if (next < one.applied || next > one.next) Object.assign(one, { next, applied: next })
        }
        wake()
      }
      void move()
    },
    async progress() {
      return [...topics.values()].map(({ name, applied, records }) => {
        const oldest = records[applied]
        const place = { topic: name, partition: 0, next: applied, end: records.length, lag: records.length - applied }
        return { ...place, ...(oldest && { oldest: oldest.timestamp }) }
      })
    },
    async locate(position) {
      const { topic, partition, next } = position
      const high = topics.get(topic)?.records.length ?? 0
      if (next > high) throw coreErrors.POSITION_OUTSIDE({ topic, partition, next, low: 0, high })
      return position
    },
    trouble: () => undefined,
    stop,
    close: async () => stop(),
  }
  const publisher: Publisher = {
    async publish(records: readonly NewRecord[]) {
      for (const { topic, key, value, headers } of records) {
        const log = topicOf(topic).records
        log.push({
          offset: log.length,
          timestamp: clock(),
          key: encode.encode(key),
          value: encode.encode(value),
          headers,
        })
      }
      wake()
    },
    async close() {},
  }
  return { source, publisher }
}
