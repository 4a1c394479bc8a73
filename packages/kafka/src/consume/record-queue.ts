import type { SourceRecord } from '@belfry/core'

/** How much of a partition may wait to be taken. */
export interface QueueLimits {
  readonly records: number
  readonly bytes: number
}

/** Records that follow one another from `from` to before `next`; offsets may have gaps. */
export interface Span {
  readonly from: number
  readonly next: number
  readonly records: readonly SourceRecord[]
  /** For a gap: why the log has no records there any more, in words. */
  readonly gone?: string
}

/** Records that were read together. */
interface Segment {
  from: number
  readonly next: number
  readonly records: readonly SourceRecord[]
  /** The index of the first record that is not taken. */
  at: number
  readonly gone?: string
}

/** What was read of a partition and waits to be taken. */
export class RecordQueue {
  readonly #limits: QueueLimits
  readonly #segments: Segment[] = []
  #records = 0
  #bytes = 0
  #isFull = false

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  /** A full queue has room again when half of it is taken. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** The first record that waits. */
  get first(): SourceRecord | undefined {
    for (const { records, at } of this.#segments) {
      const record = records[at]
      if (record !== undefined) return record
    }
    return undefined
  }

  add({ from, next, records, gone }: Span): void {
    this.#segments.push({ from, next, records, at: 0, ...(gone !== undefined && { gone }) })
    this.#records += records.length
    for (const record of records) this.#bytes += bytesOf(record)
    if (this.#records >= this.#limits.records || this.#bytes >= this.#limits.bytes) this.#isFull = true
  }

  /** Takes at most `most` records that follow one another. A gap is taken by itself. */
  take(most: number): Span | undefined {
    const [first] = this.#segments
    if (first === undefined) return undefined
    const { from, gone } = first
    const records: SourceRecord[] = []
    let next = from
    let done = 0
    for (const segment of this.#segments) {
      if (done > 0 && (segment.gone !== undefined || gone !== undefined || records.length === most)) break
      const some = segment.records.slice(segment.at, segment.at + most - records.length)
      for (const record of some) records.push(record)
      segment.at += some.length
      if (segment.at < segment.records.length) {
        segment.from = (some.at(-1)?.offset ?? segment.from - 1) + 1
        next = segment.from
        break
      }
      next = segment.next
      done++
    }
    this.#segments.splice(0, done)
    this.#records -= records.length
    for (const record of records) this.#bytes -= bytesOf(record)
    if (this.#records <= this.#limits.records / 2 && this.#bytes <= this.#limits.bytes / 2) this.#isFull = false
    return { from, next, records, ...(gone !== undefined && { gone }) }
  }

  clear(): void {
    this.#segments.length = 0
    this.#records = 0
    this.#bytes = 0
    this.#isFull = false
  }
}

const bytesOf = ({ key, value, headers }: SourceRecord): number => {
  let bytes = 100 + (key?.length ?? 0) + (value?.length ?? 0)
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}
