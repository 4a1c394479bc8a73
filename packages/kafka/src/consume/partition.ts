import type { Chunk, SourceRecord } from '@belfry/core'

/**
 * Why nothing is read of a partition for now: its topic is paused or not started, and enough is here to begin with; what was read waits
 * to be taken; nobody has said yet where it goes on; or an operator has to.
 */
export type Reason = 'stopped' | 'full' | 'closed' | 'stranded'

/** How much of a partition may wait to be taken. */
export interface QueueLimits {
  readonly records: number
  readonly bytes: number
}

/** Records that were read together, from `from` on; offsets may have gaps. */
interface Segment {
  from: number
  readonly next: number
  readonly records: readonly SourceRecord[]
  /** The first record that is not taken. */
  at: number
  readonly gone?: string
}

/**
 * What is known of one partition that is ours: how far it is applied, taken and read, and what waits in between. It reads nothing itself:
 * whoever reads offers, and asks `reasons` whether to go on.
 */
export class Partition {
  readonly topic: string
  readonly partition: number
  /** Everything below is applied; below 0 nothing is known of that. */
  applied = -1
  /** The next offset to hand out. */
  taken = -1
  /** The next offset to read. */
  read = -1
  readonly reasons = new Set<Reason>()
  /** Names the log that was read. */
  log: string | undefined
  /** The offset at which something cannot be decoded. */
  unreadable: number | undefined
  /** Why an operator has to decide where it goes on. */
  stranded: string | undefined
  readonly #limits: QueueLimits
  readonly #segments: Segment[] = []
  #records = 0
  #bytes = 0
  /** When the log took the first record that is handed out and not applied. */
  #underWay: number | undefined

  constructor(topic: string, partition: number, limits: QueueLimits) {
    this.topic = topic
    this.partition = partition
    this.#limits = limits
  }

  get waiting(): boolean {
    return this.#segments.length > 0
  }

  /** When the log took the oldest record here that is not applied, in milliseconds since 1970. */
  get oldest(): number | undefined {
    for (const { records, at } of this.#segments) {
      const record = records[at]
      if (record !== undefined) return this.#underWay ?? record.timestamp
    }
    return this.#underWay
  }

  /** Keeps what was read from `read` up to `next`. */
  add(records: readonly SourceRecord[], next: number, gone?: string): void {
    this.#segments.push({ from: this.read, next, records, at: 0, ...(gone !== undefined && { gone }) })
    this.read = next
    this.#records += records.length
    for (const record of records) this.#bytes += bytesOf(record)
    if (this.#records >= this.#limits.records || this.#bytes >= this.#limits.bytes) this.reasons.add('full')
  }

  /** Hands out at most so many records that follow one another; what the log has lost is handed out by itself. */
  take(most: number): Chunk | undefined {
    const [first] = this.#segments
    if (first === undefined) return undefined
    const { topic, partition } = this
    const { from, gone } = first
    const records: SourceRecord[] = []
    let done = 0
    for (const segment of this.#segments) {
      if (done > 0 && (segment.gone !== undefined || gone !== undefined || records.length === most)) break
      const some = segment.records.slice(segment.at, segment.at + most - records.length)
      for (const record of some) records.push(record)
      segment.at += some.length
      if (segment.at < segment.records.length) {
        segment.from = (some.at(-1)?.offset ?? segment.from - 1) + 1
        this.taken = segment.from
        break
      }
      this.taken = segment.next
      done++
    }
    this.#segments.splice(0, done)
    this.#underWay ??= records[0]?.timestamp
    this.#records -= records.length
    for (const record of records) this.#bytes -= bytesOf(record)
    if (this.#records <= this.#limits.records / 2 && this.#bytes <= this.#limits.bytes / 2) this.reasons.delete('full')
    return { topic, partition, from, next: this.taken, records, ...(gone !== undefined && { gone }) }
  }

  /** Everything below is applied. */
  advance(next: number): void {
    this.applied = next
    if (next >= this.taken) this.#underWay = undefined
  }

  /** Goes on from an offset, as if nothing had been read. */
  restart(next: number): void {
    this.applied = next
    this.taken = next
    this.read = next
    this.#underWay = undefined
    this.#segments.length = 0
    this.#records = 0
    this.#bytes = 0
    this.reasons.delete('full')
  }
}

const bytesOf = ({ key, value, headers }: SourceRecord): number => {
  let bytes = 100 + (key?.length ?? 0) + (value?.length ?? 0)
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}
