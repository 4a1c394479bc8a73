import type { Chunk, Logger, Position, SourceRecord } from '@belfry/core'
import type { Bounds } from '../cluster/log-bounds.ts'
import { logMismatch } from '../cluster/log-mismatch.ts'
import { partitionInWords } from '../cluster/partition-name.ts'
import { type QueueLimits, RecordQueue } from './record-queue.ts'

/** What the brokers report about the log of a partition. */
export interface PartitionLog {
  /** The id of its topic; absent where the brokers have no ids. */
  readonly id: string | undefined
  readonly bounds: Bounds
}

/**
 * The state of one assigned partition: how far it is applied, taken and read, what waits in between, and why it is not read. It reads
 * nothing itself.
 *
 * It is not read while it is closed (its position or its log is not known yet), while its queue is full, while it is stranded (an operator
 * has to decide where it continues), and while it is stopped (its topic is paused or not started) and some of its records wait already.
 */
export class Partition {
  readonly topic: string
  readonly partition: number
  readonly #queue: RecordQueue
  /** Everything below this offset is applied; -1 where that is not known. */
  #applied = -1
  /** The next offset to hand out. */
  #taken = -1
  /** The next offset to read. */
  #read = -1
  /** The id of the log that was read. */
  #logId: string | undefined
  #isClosed = false
  #isStopped = false
  /** Why an operator has to decide where it continues. */
  #stranded: string | undefined
  /** The offset at which something cannot be decoded. */
  #unreadable: number | undefined
  /** What was handed out and is not applied, in order: where each ends, and when the log took its first record. */
  readonly #underWay: { readonly next: number; readonly timestamp: number }[] = []

  constructor(topic: string, partition: number, limits: QueueLimits) {
    this.topic = topic
    this.partition = partition
    this.#queue = new RecordQueue(limits)
  }

  /** Everything below this offset is applied; -1 where that is not known. */
  get applied(): number {
    return this.#applied
  }

  /** The next offset to read. */
  get read(): number {
    return this.#read
  }

  /** The id of the log that was read. */
  get logId(): string | undefined {
    return this.#logId
  }

  /** Why an operator has to decide where it continues, in words. */
  get stranded(): string | undefined {
    return this.#stranded
  }

  /** Its position or its log is not known yet. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** No more records may wait. */
  get isFull(): boolean {
    return this.#queue.isFull
  }

  get hasRecords(): boolean {
    return !this.#queue.isEmpty
  }

  /** Fetched records are added to it. */
  get isReading(): boolean {
    return !this.#isClosed && this.#stranded === undefined
  }

  /** It is to be fetched. The first records of a stopped partition are fetched too, so that their age is known and it starts at once. */
  get isFetched(): boolean {
    return this.isReading && !this.isFull && !(this.#isStopped && this.hasRecords)
  }

  /** Records of it may be handed out now. */
  get isTakeable(): boolean {
    return this.hasRecords && !this.#isStopped && !this.#isClosed
  }

  /** When the log took the oldest record here that is not applied, in milliseconds since 1970. */
  get oldest(): number | undefined {
    return (this.#underWay[0] ?? this.#queue.first)?.timestamp
  }

  /** Neither reads nor hands out anything before `place`. */
  close(): void {
    this.#isClosed = true
  }

  /** Hands out records again. */
  start(): void {
    this.#isStopped = false
  }

  /** Hands out no records before `start`. */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Opens it: at the position, where an operator or another member has moved that, else where it was read to. Records that the log has lost
   * below that are added as a gap. It is stranded where the log is another one, or shorter than what was read of it.
   */
  place(position: Position, found: PartitionLog, logger: Logger): void {
    this.#compare(position, found, logger)
    if (this.#isOutside(position.next)) this.restart(position.next)
    // What was read before it was stranded is handed out all the same.
    this.#isClosed = false
  }

  /** Reads no further: the next record of the log cannot be decoded. */
  strand(why: string, logger: Logger): void {
    const { topic, partition } = this
    this.#unreadable = this.#read
    this.#stranded = `what ${partitionInWords(this)} has at ${this.#read} cannot be decoded: ${why}`
    logger.error({ topic, partition, offset: this.#read }, this.#stranded)
  }

  /** Adds the records from `read` to before `next`; or a gap: `gone` is why the log has no records there. */
  add(records: readonly SourceRecord[], next: number, gone?: string): void {
    this.#queue.add({ from: this.#read, next, records, ...(gone !== undefined && { gone }) })
    this.#read = next
  }

  /** Hands out at most `most` records that follow one another. A gap is handed out by itself. */
  take(most: number): Chunk | undefined {
    const span = this.#queue.take(most)
    if (span === undefined) return undefined
    this.#taken = span.next
    const [first] = span.records
    if (first !== undefined) this.#underWay.push({ next: span.next, timestamp: first.timestamp })
    return { topic: this.topic, partition: this.partition, ...span }
  }

  /** Everything below is applied. */
  advance(next: number): void {
    this.#applied = next
    while ((this.#underWay[0]?.next ?? Infinity) <= next) this.#underWay.shift()
  }

  /** Continues from an offset, as if nothing had been read. */
  restart(next: number): void {
    this.#applied = next
    this.#taken = next
    this.#read = next
    this.#underWay.length = 0
    this.#queue.clear()
  }

  /** The position was moved elsewhere: none of the records that were handed out leads there. */
  #isOutside(next: number): boolean {
    return next < this.#applied || next > this.#taken
  }

  #compare(position: Position, { id, bounds }: PartitionLog, logger: Logger): void {
    const { topic, partition } = this
    const name = partitionInWords(this)
    const at = this.#isOutside(position.next) ? position.next : this.#read
    const before = this.#stranded
    this.#logId = id
    // It continues only where an operator moves its position past what cannot be decoded.
    if (before !== undefined && at === this.#unreadable) return
    this.#unreadable = undefined
    this.#stranded =
      logMismatch(position, id) ??
      (at > bounds.end
        ? `${name} ends at ${bounds.end}, and was read up to ${at}: records are missing from its end`
        : undefined)
    if (this.#stranded !== undefined) {
      if (before === undefined) logger.error({ topic, partition, position: position.next }, this.#stranded)
      return
    }
    if (at >= bounds.low) return
    if (at !== this.#read) this.restart(position.next)
    const gone = `the records ${at} to ${bounds.low - 1} of ${name} were deleted before they were read`
    logger.error({ topic, partition, from: at, to: bounds.low - 1 }, gone)
    this.add([], bounds.low, gone)
  }
}
