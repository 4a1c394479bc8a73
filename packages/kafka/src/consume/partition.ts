import type { Chunk, Log, Position, SourceRecord } from '@belfry/core'
import { ofAnotherLog } from '../cluster/another-log.ts'
import type { Bounds } from '../cluster/log-bounds.ts'
import { partitionInWords } from '../cluster/partition-name.ts'
import { type QueueLimits, RecordQueue } from './record-queue.ts'

/** What the brokers report about the log of a partition. */
export interface PartitionLog {
  /** The id of its topic; absent where the brokers have no ids. */
  readonly id: string | undefined
  readonly bounds: Bounds
}

/**
 * The state of one assigned partition: how far it is applied, taken and read, what waits in between, and why it is not read where it is
 * not. It reads nothing itself.
 *
 * It is not read while it is closed (where it goes on is not known), while its queue is full, while it is stranded (an operator has to
 * decide where it goes on), and while it is stopped (its topic is paused or not started) and some of it waits already.
 */
export class Partition {
  readonly topic: string
  readonly partition: number
  readonly #queue: RecordQueue
  /** Everything below is applied; below 0 nothing is known of that. */
  #applied = -1
  /** The next offset to hand out. */
  #taken = -1
  /** The next offset to read. */
  #read = -1
  /** The id of the log that was read. */
  #logId: string | undefined
  #isClosed = false
  #isStopped = false
  /** Why an operator has to decide where it goes on. */
  #stranded: string | undefined
  /** The offset at which something cannot be decoded. */
  #unreadable: number | undefined
  /** When the log took the first record that is handed out and not applied. */
  #underWay: number | undefined

  constructor(topic: string, partition: number, limits: QueueLimits) {
    this.topic = topic
    this.partition = partition
    this.#queue = new RecordQueue(limits)
  }

  /** Everything below is applied; below 0 nothing is known of that. */
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

  /** Why an operator has to decide where it goes on, in words. */
  get stranded(): string | undefined {
    return this.#stranded
  }

  /** Where it goes on is not known. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** As many records wait as may. */
  get isFull(): boolean {
    return this.#queue.isFull
  }

  get hasRecords(): boolean {
    return !this.#queue.isEmpty
  }

  /** What is fetched is added to it. */
  get isReading(): boolean {
    return !this.#isClosed && this.#stranded === undefined
  }

  /** It is to be fetched. Some of a stopped partition is fetched: its age is known then, and it begins at once when it is started. */
  get isFetched(): boolean {
    return this.isReading && !this.isFull && !(this.#isStopped && this.hasRecords)
  }

  /** Records of it may be handed out now. */
  get isTakeable(): boolean {
    return this.hasRecords && !this.#isStopped && !this.#isClosed
  }

  /** When the log took the oldest record here that is not applied, in milliseconds since 1970. */
  get oldest(): number | undefined {
    const { first } = this.#queue
    return first === undefined ? this.#underWay : (this.#underWay ?? first.timestamp)
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
   * Opens it where the store says, or where it was read to. What the log has lost below that is added as something that follows what was
   * read. It is stranded where the log is another one, or shorter than what was read of it.
   */
  place(position: Position, found: PartitionLog, logger: Log): void {
    this.#compare(position, found, logger)
    if (this.#isOutside(position.next)) this.restart(position.next)
    // What was read before is handed out also where it is stranded.
    this.#isClosed = false
  }

  /** Reads no further: what the log has next cannot be decoded. */
  strand(why: string, logger: Log): void {
    const { topic, partition } = this
    this.#unreadable = this.#read
    this.#stranded = `what ${partitionInWords(this)} has at ${this.#read} cannot be decoded: ${why}`
    logger.error({ topic, partition, offset: this.#read }, this.#stranded)
  }

  /** Adds what was read from `read` up to `next`; or `gone`, why the log has nothing there. */
  add(records: readonly SourceRecord[], next: number, gone?: string): void {
    this.#queue.add({ from: this.#read, next, records, ...(gone !== undefined && { gone }) })
    this.#read = next
  }

  /** Hands out at most `most` records that follow one another. What the log has lost is handed out by itself. */
  take(most: number): Chunk | undefined {
    const span = this.#queue.take(most)
    if (span === undefined) return undefined
    this.#taken = span.next
    this.#underWay ??= span.records[0]?.timestamp
    return { topic: this.topic, partition: this.partition, ...span }
  }

  /** Everything below is applied. */
  advance(next: number): void {
    this.#applied = next
    if (next >= this.#taken) this.#underWay = undefined
  }

  /** Goes on from an offset, as if nothing had been read. */
  restart(next: number): void {
    this.#applied = next
    this.#taken = next
    this.#read = next
    this.#underWay = undefined
    this.#queue.clear()
  }

  /** The position was moved to where nothing of what was handed out leads. */
  #isOutside(next: number): boolean {
    return next < this.#applied || next > this.#taken
  }

  #compare(position: Position, { id, bounds }: PartitionLog, logger: Log): void {
    const { topic, partition } = this
    const name = partitionInWords(this)
    const at = this.#isOutside(position.next) ? position.next : this.#read
    const before = this.#stranded
    this.#logId = id
    // Only a position that an operator moves leads past what cannot be decoded.
    if (before !== undefined && at === this.#unreadable) return
    this.#unreadable = undefined
    this.#stranded =
      ofAnotherLog(position, id) ??
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
