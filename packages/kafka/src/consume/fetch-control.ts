import type { Consumer } from 'kafkajs'
import type { TopicNames } from '../cluster/topic-names.ts'
import type { Partition } from './partition.ts'

/** Controls what kafkajs's current consumer fetches: which partitions, and from which offsets. */
export class FetchControl {
  readonly #names: TopicNames
  #consumer: Consumer | undefined
  /** The partitions that the consumer does not fetch. */
  readonly #paused = new Set<Partition>()

  constructor(names: TopicNames) {
    this.#names = names
  }

  get consumer(): Consumer | undefined {
    return this.#consumer
  }

  /** This consumer fetches from now on, with no partition paused. */
  begin(consumer: Consumer): void {
    this.#consumer = consumer
    this.#paused.clear()
  }

  /** There is no consumer for now. */
  end(): void {
    this.#consumer = undefined
  }

  /** Pauses or resumes a partition where its state has changed. */
  apply(one: Partition): void {
    const isPaused = !one.isFetched
    if (isPaused === this.#paused.has(one)) return
    const which = [{ topic: this.#names.physical(one.topic), partitions: [one.partition] }]
    if (isPaused) this.#consumer?.pause(which)
    else this.#consumer?.resume(which)
    this.#paused[isPaused ? 'add' : 'delete'](one)
  }

  /** As `apply`, where an earlier consumer may have been the one that paused the partition. */
  applyAgain(one: Partition): void {
    this.#paused.delete(one)
    this.apply(one)
  }

  /** Fetches a partition from where it was read to. */
  seek({ topic, partition, read }: Partition): void {
    this.#consumer?.seek({ topic: this.#names.physical(topic), partition, offset: String(read) })
  }
}
