import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type NewRecord } from '@belfry/core'
import { waitAtMost } from '@belfry/core/flow'
import { CompressionTypes, type Kafka, type Producer } from 'kafkajs'
import { kafkaErrors } from '../errors.ts'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'
import { reasonOf } from '../reason-of.ts'
import { createPartitionChoices } from './partition-choices.ts'
import { MAX_ANSWER_MS, type Message, PendingSend, sizeOf } from './pending-send.ts'

/** The most records, and the most bytes, that are sent together: brokers take a megabyte for each partition unless they are configured otherwise. */
const MAX_RECORDS = 2_000
const MAX_BYTES = 524_288
const METADATA_AGE_MS = 30_000

/** A topic, and its name on the brokers. */
interface Topic {
  readonly topic: string
  readonly physical: string
}

/**
 * Sends the records of one topic: while one batch is under way, the next one gathers. A send that does not get its turn in time fails and is
 * not sent later. A batch that brokers refuse as too large is sent in parts.
 */
export class TopicSender {
  readonly #kafka: Kafka
  readonly #topic: Topic
  readonly #waiting = new Set<PendingSend>()
  readonly #partitions = createPartitionChoices()
  #producer: Promise<Producer> | undefined
  #sending: Promise<void> | undefined

  constructor(kafka: Kafka, topic: Topic) {
    this.#kafka = kafka
    this.#topic = topic
  }

  /**
   * Resolves once every record is durable.
   * @throws LOG_UNAVAILABLE, EVENT_TOO_LARGE; some of the records may be in the topic then
   */
  async send(records: readonly NewRecord[]): Promise<void> {
    const mine = new PendingSend(records, (late) => this.#waiting.delete(late))
    this.#waiting.add(mine)
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined))
    try {
      await mine.durable
    } catch (error) {
      throw error instanceof BelfryError && error.code === kafkaErrors.EVENT_TOO_LARGE.code
        ? error
        : coreErrors.LOG_UNAVAILABLE({ why: reasonOf(error) }, { cause: error })
    }
  }

  /** Releases everything, once what waits has been sent, and within some seconds. */
  async close(): Promise<void> {
    if (this.#sending !== undefined) await waitAtMost(this.#sending, MAX_ANSWER_MS)
    const last = this.#producer
    this.#producer = undefined
    await last?.then((one) => one.disconnect()).catch(() => {})
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.size > 0) await this.#deliver(this.#nextBatch())
  }

  #nextBatch(): readonly PendingSend[] {
    const batch: PendingSend[] = []
    let [count, bytes] = [0, 0]
    for (const one of this.#waiting) {
      count += one.messages.length
      bytes += one.bytes
      if (batch.length > 0 && (count > MAX_RECORDS || bytes > MAX_BYTES)) break
      batch.push(one)
      this.#waiting.delete(one)
      one.begin()
    }
    return batch
  }

  async #deliver(batch: readonly PendingSend[]): Promise<void> {
    const messages = batch.flatMap((one) => one.messages)
    try {
      const silent = await (batch.length > 1 ? this.#sendTogether(messages) : this.#sendInParts(messages))
      for (const one of batch) {
        const lacking = this.#partitions.of(one.messages).filter((partition) => silent.includes(partition))
        const { topic } = this.#topic
        if (lacking.length === 0) one.done()
        else one.fail(new Error(lacking.map((partition) => this.#partitions.why({ topic, partition })).join('; ')))
      }
    } catch (error) {
      const parts = this.#partsOf(batch, error)
      if (parts.length === 1) for (const one of batch) one.fail(error)
      else
        for (const part of parts) {
          const rest = part.filter(({ isWaiting }) => isWaiting)
          if (rest.length > 0) await this.#deliver(rest)
        }
    }
  }

  /** Sends it together, else in halves, one after the other. */
  async #sendInParts(messages: readonly Message[]): Promise<readonly number[]> {
    try {
      return await this.#sendTogether(messages)
    } catch (error) {
      const [one, ...others] = messages
      if (!isTooLarge(error) || one === undefined) throw error
      if (others.length === 0)
        throw kafkaErrors.EVENT_TOO_LARGE(
          { topic: this.#topic.topic, bytes: sizeOf(one), why: LIMIT_OF_BROKERS },
          { cause: error },
        )
      const half = Math.ceil(messages.length / 2)
      return [...(await this.#sendInParts(messages.slice(0, half))), ...(await this.#sendInParts(messages.slice(half)))]
    }
  }

  /** Returns the partitions that have not answered. Where it fails, some of the messages may be in the topic all the same. */
  async #sendTogether(messages: readonly Message[]): Promise<readonly number[]> {
    const { physical } = this.#topic
    this.#producer ??= this.#connect()
    const mine = this.#producer
    try {
      const options = { topic: physical, acks: -1, compression: CompressionTypes.None, messages: [...messages] }
      const answers = await (await mine).send(options)
      // kafkajs sends nothing for a partition that has no leader. And where a leader moves to a broker that has answered for other
      // partitions, kafkajs does not send to it again, and reports that all is sent.
      const silent = this.#partitions.of(messages).filter((one) => !answers.some(({ partition }) => partition === one))
      if (silent.length > 0) this.#release(mine)
      return silent
    } catch (error) {
      this.#release(mine)
      throw isWithoutMetadata(error) ? new Error(`Kafka reports no topic ${physical}`, { cause: error }) : error
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: this.#partitions.create,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_AGE_MS,
    })
    await producer.connect()
    return producer
  }

  /** The next producer begins a new sequence: after any error, that of an idempotent producer may be broken. */
  #release(old: Promise<Producer>): void {
    if (this.#producer === old) this.#producer = undefined
    old.then((one) => one.disconnect()).catch(() => {})
  }

  /** The parts of a failed batch that are sent again separately, so that one partition, or one record that is too large, fails alone. */
  #partsOf(batch: readonly PendingSend[], error: unknown): readonly (readonly PendingSend[])[] {
    const together = [...Map.groupBy(batch, ({ messages }) => this.#partitions.of(messages).join()).values()]
    return together.length > 1 || !isTooLarge(error) ? together : batch.map((one) => [one])
  }
}

/** kafkajs's error for a topic that does not exist, or that this user must not see. */
const isWithoutMetadata = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'KafkaJSMetadataNotLoaded' || isWithoutMetadata(error.cause))

/** Why a record is too large where a broker refuses it. */
const LIMIT_OF_BROKERS = 'the limit of the brokers is lower'
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']
const isTooLarge = (error: unknown): boolean => TOO_LARGE.includes(protocolErrorOf(error))
