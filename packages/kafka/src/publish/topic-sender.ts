import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type NewRecord } from '@belfry/core'
import { waitAtMost } from '@belfry/core/flow'
import {
  CompressionTypes,
  type ICustomPartitioner,
  type Kafka,
  type PartitionerArgs,
  Partitioners,
  type Producer,
} from 'kafkajs'
import { partitionInWords } from '../cluster/partition-name.ts'
import { kafkaErrors } from '../errors.ts'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'
import { reasonOf } from '../reason-of.ts'

/** Sends what is published to one topic. */
export interface TopicSender {
  /**
   * Resolves once every record is durable.
   * @throws LOG_UNAVAILABLE, EVENT_TOO_LARGE; some of the records may be in the topic then
   */
  send(records: readonly NewRecord[]): Promise<void>
  /** Lets go of everything, once what waits has been sent, and within some seconds. */
  close(): Promise<void>
}

/** Somebody who waits until their messages are durable. */
interface Waiting {
  readonly messages: readonly Message[]
  readonly bytes: number
  /** It has not been told anything yet. */
  waits: boolean
  /** It is being sent. */
  readonly begun: () => void
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** Whoever publishes waits no longer than so many milliseconds for their turn, and is told that the log is away. */
const PATIENCE = 1_800
/** What is under way is most likely written: whoever were told otherwise would send it again, and it twice as long for the others. */
const UNDER_WAY = 5_000
/** At most so many records go out together, and so many bytes: brokers take a megabyte for each partition unless told otherwise. */
const MOST = 2_000
const MOST_BYTES = 524_288

/**
 * Begins to send to a topic, which the brokers know as `physical`: while one batch is under way the next gathers. What is not taken in time
 * is not sent later, unless it is under way by then. What brokers do not take together is sent in parts.
 */
export function createTopicSender(
  kafka: Kafka,
  { topic, physical }: { readonly topic: string; readonly physical: string },
): TopicSender {
  const waiting = new Set<Waiting>()
  const partitions = createPartitioner()
  let producer: Promise<Producer> | undefined
  let sending: Promise<void> | undefined

  const next = (): readonly Waiting[] => {
    const batch: Waiting[] = []
    let [count, bytes] = [0, 0]
    for (const one of waiting) {
      count += one.messages.length
      bytes += one.bytes
      if (batch.length > 0 && (count > MOST || bytes > MOST_BYTES)) break
      batch.push(one)
      waiting.delete(one)
      one.begun()
    }
    return batch
  }
  /** The next one begins a new sequence: whatever went wrong, that of an idempotent producer may be broken. */
  const letGo = (old: Promise<Producer>) => {
    if (producer === old) producer = undefined
    old.then((one) => one.disconnect()).catch(() => {})
  }
  /** Sends it, and answers the partitions that have not answered; where it fails some of it may be in the topic all the same. */
  const sendTogether = async (messages: readonly Message[]): Promise<readonly number[]> => {
    producer ??= connect(kafka, partitions.create)
    const mine = producer
    try {
      const options = { topic: physical, acks: -1, compression: CompressionTypes.None, messages: [...messages] }
      const answers = await (await mine).send(options)
      // Nobody is asked for a partition that has no leader. And where a leader moves to a broker that has answered for other partitions,
      // kafkajs does not ask it again, and says that all is sent.
      const silent = partitions.of(messages).filter((one) => !answers.some(({ partition }) => partition === one))
      if (silent.length > 0) letGo(mine)
      return silent
    } catch (error) {
      letGo(mine)
      throw isWithoutMetadata(error) ? new Error(`Kafka shows us no topic ${physical}`, { cause: error }) : error
    }
  }
  /** Sends it together, else in halves, one after the other. */
  const sendInParts = async (messages: readonly Message[]): Promise<readonly number[]> => {
    try {
      return await sendTogether(messages)
    } catch (error) {
      const [one, ...others] = messages
      if (!isTooLarge(error) || one === undefined) throw error
      if (others.length === 0)
        throw kafkaErrors.EVENT_TOO_LARGE({ topic, bytes: sizeOf(one), why: BROKERS }, { cause: error })
      const half = Math.ceil(messages.length / 2)
      return [...(await sendInParts(messages.slice(0, half))), ...(await sendInParts(messages.slice(half)))]
    }
  }
  /** What of a batch that has failed is sent again by itself, so that one partition, or what is too large, fails alone. */
  const partsOf = (batch: readonly Waiting[], error: unknown): readonly (readonly Waiting[])[] => {
    const together = [...Map.groupBy(batch, ({ messages }) => partitions.of(messages).join()).values()]
    return together.length > 1 || !isTooLarge(error) ? together : batch.map((one) => [one])
  }
  const deliver = async (batch: readonly Waiting[]): Promise<void> => {
    const messages = batch.flatMap((one) => one.messages)
    try {
      const silent = await (batch.length > 1 ? sendTogether(messages) : sendInParts(messages))
      for (const one of batch) {
        const lacking = partitions.of(one.messages).filter((partition) => silent.includes(partition))
        if (lacking.length === 0) one.done()
        else one.failed(new Error(lacking.map((partition) => partitions.why({ topic, partition })).join('; ')))
      }
    } catch (error) {
      const parts = partsOf(batch, error)
      if (parts.length === 1) for (const { failed } of batch) failed(error)
      else
        for (const part of parts) {
          const rest = part.filter(({ waits }) => waits)
          if (rest.length > 0) await deliver(rest)
        }
    }
  }
  const run = async () => {
    while (waiting.size > 0) await deliver(next())
  }

  return {
    async send(records) {
      const messages = records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }))
      const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      let timer: NodeJS.Timeout | undefined
      const giveUpAfter = (ms: number, why: string) => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          waiting.delete(mine)
          reject(new Error(why))
        }, ms)
      }
      const begun = () => giveUpAfter(UNDER_WAY, `no answer within ${UNDER_WAY} ms`)
      const mine: Waiting = { messages, bytes, waits: true, begun, done: resolve, failed: reject }
      giveUpAfter(PATIENCE, `others were sent first for ${PATIENCE} ms`)
      waiting.add(mine)
      sending ??= run().finally(() => (sending = undefined))
      try {
        await promise
      } catch (error) {
        throw error instanceof BelfryError && error.code === kafkaErrors.EVENT_TOO_LARGE.code
          ? error
          : coreErrors.LOG_UNAVAILABLE({ why: reasonOf(error) }, { cause: error })
      } finally {
        mine.waits = false
        clearTimeout(timer)
      }
    },
    async close() {
      // Whoever hangs does not keep us.
      if (sending) await waitAtMost(sending, UNDER_WAY)
      const last = producer
      producer = undefined
      await last?.then((one) => one.disconnect()).catch(() => {})
    },
  }
}

/** A partitioner that remembers what it has chosen. */
function createPartitioner() {
  const chosen = new WeakMap<object, number>()
  /** Those that no broker led when they were chosen last. */
  const unled = new Set<number>()
  return {
    /** The partitions that were chosen for these messages, as far as there was a choice. */
    of: (messages: readonly Message[]): readonly number[] => [
      ...new Set(messages.flatMap((one) => chosen.get(one) ?? [])),
    ],
    /** Why nothing has answered for a partition, in words. */
    why: (at: { readonly topic: string; readonly partition: number }): string =>
      `${unled.has(at.partition) ? 'no broker leads' : 'nothing has answered for'} ${partitionInWords(at)}`,
    create: () => {
      const choose = Partitioners.DefaultPartitioner()
      return (of: PartitionerArgs): number => {
        const partition = choose(of)
        chosen.set(of.message, partition)
        const found = of.partitionMetadata.find(({ partitionId }) => partitionId === partition)
        unled[found === undefined || found.leader < 0 ? 'add' : 'delete'](partition)
        return partition
      }
    },
  }
}

async function connect(kafka: Kafka, create: ICustomPartitioner): Promise<Producer> {
  const producer = kafka.producer({
    createPartitioner: create,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
  })
  await producer.connect()
  return producer
}

/** A message as we send it. */
interface Message {
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

/** How many bytes a message has, save what Kafka writes around it. */
const sizeOf = ({ key, value, headers }: Message): number =>
  [key, value, ...Object.entries(headers).flat()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** What kafkajs says of a topic that is not there, or that we may not see. */
const isWithoutMetadata = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'KafkaJSMetadataNotLoaded' || isWithoutMetadata(error.cause))

/** Why a record is too large where a broker says so. */
const BROKERS = 'the limit of the brokers is less'
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']
const isTooLarge = (error: unknown): boolean => TOO_LARGE.includes(protocolErrorOf(error))
