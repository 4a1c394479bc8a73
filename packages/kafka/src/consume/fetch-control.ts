import type { Consumer } from 'kafkajs'
import type { TopicNames } from '../cluster/topic-names.ts'
import type { Partition } from './partition.ts'

/** Directs what the current consumer of kafkajs fetches: which partitions, and from where. */
export class FetchControl {
  readonly #names: TopicNames
  #consumer: Consumer | undefined
  /** What the consumer does not fetch. */
  readonly #paused = new Set<Partition>()

  constructor(names: TopicNames) {
    this.#names = names
  }

  get consumer(): Consumer | undefined {
    return this.#consumer
  }

  /** This consumer fetches from now on, and everything that it is assigned. */
  begin(consumer: Consumer): void {
    this.#consumer = consumer
    this.#paused.clear()
  }

  /** No consumer fetches for now. */
  end(): void {
    this.#consumer = undefined
  }

  /** Pauses or resumes a partition where its state has changed. */
  apply(one: Partition): void {
    const rests = !one.isFetched
    if (rests === this.#paused.has(one)) return
    const which = [{ topic: this.#names.physical(one.topic), partitions: [one.partition] }]
    if (rests) this.#consumer?.pause(which)
    else this.#consumer?.resume(which)
    this.#paused[rests ? 'add' : 'delete'](one)
  }

  /** As `apply`, also where the consumer that paused the partition may have been another one. */
  applyAgain(one: Partition): void {
    this.#paused.delete(one)
    this.apply(one)
  }

  /** Fetches a partition from where it is read to. */
  seek({ topic, partition, read }: Partition): void {
    this.#consumer?.seek({ topic: this.#names.physical(topic), partition, offset: String(read) })
  }
}
