import type { Chunk, Logger, Position } from '@belfry/core'
import { backOff } from '@belfry/core/flow'
import type { Batch, Consumer } from 'kafkajs'
import { partitionName } from '../cluster/partition-name.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import { reasonOf } from '../reason-of.ts'
import { FetchControl } from './fetch-control.ts'
import { Partition, type PartitionLog } from './partition.ts'
import type { QueueLimits } from './record-queue.ts'
import { sourceRecordOf } from './source-record.ts'
import { withOwnBytes } from './with-own-bytes.ts'

export interface AssignmentOptions {
  readonly names: TopicNames
  readonly limits: QueueLimits
  /** Finds the positions and logs of partitions, and places each; rejects where some cannot be found now. */
  readonly find: (some: readonly Partition[], place: Place) => Promise<void>
  readonly logger: Logger
  readonly closing: AbortSignal
}

/** Receives the position and the log of a partition. */
export type Place = (one: Partition, position: Position, found: PartitionLog) => void

/** The most partitions that `trouble` names. */
const MAX_NAMED = 6
const MAX_RETRY_MS = 2_000

/** The partitions that this consumer is assigned, and what is read of them. */
export class Assignment {
  readonly #options: AssignmentOptions
  readonly #fetching: FetchControl
  #partitions = new Map<string, Partition>()
  /** The topics that are started. */
  readonly #started = new Set<string>()
  /** Why positions and logs of partitions cannot be found, in words. */
  #unplaced: string | undefined
  /** Where the next `take` begins, so that each partition gets its turn. */
  #turn = 0
  /** Wakes a waiting `take`. */
  #wake = () => {}
  /** Set until it is woken for the records of the last answer. */
  #waking: NodeJS.Immediate | undefined

  constructor(options: AssignmentOptions) {
    this.#options = options
    this.#fetching = new FetchControl(options.names)
    options.closing.addEventListener('abort', () => this.#wake())
  }

  /** These partitions are assigned to this consumer from now on, and no others. */
  assigned(partitions: Readonly<Record<string, readonly number[]>>, by: Consumer): void {
    const { names, limits } = this.#options
    const before = this.#partitions
    this.#fetching.begin(by)
    this.#partitions = new Map()
    for (const [name, own] of Object.entries(partitions))
      for (const partition of own) {
        const topic = names.logical(name)
        const one = before.get(partitionName({ topic, partition })) ?? new Partition(topic, partition, limits)
        this.#partitions.set(partitionName(one), one)
      }
    this.#closeAndPlace([...this.#partitions.values()])
  }

  /** The consumer has no partitions for now. */
  lost(): void {
    this.#fetching.end()
    for (const one of this.#partitions.values()) one.close()
  }

  batch(batch: Batch): void {
    const one = this.#find({ topic: this.#options.names.logical(batch.topic), partition: batch.partition })
    if (one === undefined || !one.isReading) return
    // It is of another generation, or was fetched before a seek.
    if (fetchedFrom(batch) !== one.read) {
      this.#fetching.seek(one)
      return
    }
    one.add(withOwnBytes(batch.messages.map(sourceRecordOf)), Number(batch.lastOffset()) + 1)
    this.#fetching.apply(one)
    this.#wakeAfterAnswer()
  }

  /** Closes these partitions, and opens each where it continues. */
  reopen(which: (one: Partition) => boolean): void {
    this.#closeAndPlace([...this.#partitions.values()].filter(which))
  }

  /** Reads no further in these partitions: their next record cannot be decoded, and an operator has to decide. */
  strand(which: (one: Partition) => boolean, why: string): void {
    for (const one of [...this.#partitions.values()].filter(which)) {
      one.strand(why, this.#options.logger)
      this.#fetching.apply(one)
    }
  }

  start(topic: string): void {
    this.#started.add(topic)
    for (const one of this.#partitions.values()) {
      if (one.topic !== topic) continue
      one.start()
      this.#fetching.apply(one)
    }
    this.#wake()
  }

  stop(topic: string): void {
    this.#started.delete(topic)
    for (const one of this.#partitions.values()) {
      if (one.topic !== topic) continue
      one.stop()
      this.#fetching.apply(one)
    }
  }

  /** Waits until records may be taken, and takes at most `limit`; `[]` once it is closing. Calls `onIdle` each time before it waits. */
  async take(limit: number, onIdle: () => void): Promise<readonly Chunk[]> {
    while (!this.#options.closing.aborted) {
      const chunks = this.#takeNow(limit)
      if (chunks.length > 0) return chunks
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      onIdle()
      await promise
    }
    return []
  }

  advance(position: Position): void {
    this.#find(position)?.advance(position.next)
  }

  rewind(position: Position): void {
    const one = this.#find(position)
    if (one === undefined) return
    one.restart(position.next)
    if (one.isClosed) return
    this.#fetching.seek(one)
    this.#fetching.apply(one)
  }

  all(): Iterable<Partition> {
    return this.#partitions.values()
  }

  /** The id of the log that is read of one of these partitions. */
  logIdOf(at: Pick<Position, 'topic' | 'partition'>): string | undefined {
    return this.#find(at)?.logId
  }

  /** Some partitions are not fetched for now, and will be without a decision of an operator. */
  get willResume(): boolean {
    for (const one of this.#partitions.values()) if ((one.isFull && one.isTakeable) || one.isClosed) return true
    return false
  }

  /** Why assigned partitions are not read, in words. */
  trouble(): string | undefined {
    const stranded = [...this.#partitions.values()].flatMap((one) => one.stranded ?? [])
    if (stranded.length === 0) return this.#unplaced
    const shown = stranded.slice(0, MAX_NAMED).join('; ')
    const others = stranded.length - MAX_NAMED
    return others > 0 ? `${shown}; and ${others} more wait for an operator: GET /v1/ops/positions names them` : shown
  }

  /** The other partitions of an answer follow before the event loop turns: they are taken together. */
  #wakeAfterAnswer(): void {
    this.#waking ??= setImmediate(() => {
      this.#waking = undefined
      this.#wake()
    })
  }

  #find(at: Pick<Position, 'topic' | 'partition'>): Partition | undefined {
    return this.#partitions.get(partitionName(at))
  }

  /** Takes the same share of each partition. */
  #takeNow(limit: number): readonly Chunk[] {
    const waiting = [...this.#partitions.values()].filter((one) => one.isTakeable)
    const share = Math.max(1, Math.floor(limit / Math.max(1, waiting.length)))
    const first = waiting.length > limit ? this.#turn % waiting.length : 0
    this.#turn += limit
    return [...waiting.slice(first), ...waiting.slice(0, first)].slice(0, limit).flatMap((one) => {
      const chunk = one.take(share)
      this.#fetching.apply(one)
      return chunk ?? []
    })
  }

  /** Closes partitions at once, and opens them as soon as their positions and logs are found. */
  #closeAndPlace(some: readonly Partition[]): void {
    for (const one of some) {
      one.close()
      if (this.#started.has(one.topic)) one.start()
      else one.stop()
      this.#fetching.applyAgain(one)
    }
    const { consumer } = this.#fetching
    if (some.length > 0 && consumer !== undefined) void this.#keepPlacing(some, consumer)
  }

  async #keepPlacing(some: readonly Partition[], by: Consumer): Promise<void> {
    const { find, logger, closing } = this.#options
    for (let tries = 0; !closing.aborted; tries++) {
      const waiting = some.filter((one) => this.#find(one) === one && one.isClosed)
      if (by !== this.#fetching.consumer || waiting.length === 0) return
      const generation = this.#partitions
      try {
        await find(waiting, (one, position, found) => {
          // A partition that was assigned again meanwhile is placed by that.
          if (generation === this.#partitions && by === this.#fetching.consumer) this.#place(one, position, found)
        })
        this.#unplaced = undefined
        return
      } catch (error) {
        this.#unplaced = `the positions and logs of partitions cannot be read: ${reasonOf(error)}`
        if (tries === 0) logger.warn({ err: error }, this.#unplaced)
        await backOff(tries, { maxMs: MAX_RETRY_MS, unref: true })
      }
    }
  }

  #place(one: Partition, position: Position, found: PartitionLog): void {
    one.place(position, found, this.#options.logger)
    this.#fetching.seek(one)
    this.#fetching.apply(one)
    if (one.hasRecords) this.#wake()
  }
}

/** The offset that was fetched; kafkajs's types lack it. */
const fetchedFrom = (batch: Batch): number => Number(Reflect.get(batch, 'fetchedOffset'))
