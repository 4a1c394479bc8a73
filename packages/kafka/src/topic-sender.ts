import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type NewRecord } from '@belfry/core'
import { CompressionTypes, type Kafka, Partitioners, type Producer } from 'kafkajs'
import { kafkaErrors } from './errors.ts'
import { partitionInWords } from './partition-name.ts'
import { protocolErrorOf } from './protocol-error.ts'
import { reasonOf } from './reason-of.ts'

/** Sends what is published to one topic. */
export interface TopicSender {
  /**
   * Resolves once every record is durable.
   * @throws LOG_UNAVAILABLE, EVENT_TOO_LARGE; some of the records may be in the topic then
   */
  send(records: readonly NewRecord[]): Promise<void>
  /** Lets go of everything, once what waits has been sent. */
  close(): Promise<void>
}

/** A connected producer, and the partitions that it has chosen for what was sent last. */
interface Connected {
  readonly producer: Producer
  readonly chosen: Set<number>
}

/** Somebody who waits until their records are durable. */
interface Waiting {
  readonly records: readonly NewRecord[]
  readonly bytes: number
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** Whoever publishes waits no longer than so many milliseconds, and is told that the log is away. */
const PATIENCE = 1_800
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
  let producer: Promise<Connected> | undefined
  let sending: Promise<void> | undefined

  const next = (): readonly Waiting[] => {
    const batch: Waiting[] = []
    let [count, bytes] = [0, 0]
    for (const one of waiting) {
      count += one.records.length
      bytes += one.bytes
      if (batch.length > 0 && (count > MOST || bytes > MOST_BYTES)) break
      batch.push(one)
      waiting.delete(one)
    }
    return batch
  }
  const sendTogether = async (records: readonly NewRecord[]) => {
    producer ??= connect(kafka)
    const mine = producer
    try {
      await sendBy(await mine, physical, records)
    } catch (error) {
      // Whatever went wrong, the sequence of an idempotent producer may be broken: the next one begins a new one.
      if (producer === mine) producer = undefined
      mine.then((one) => one.producer.disconnect()).catch(() => {})
      throw error
    }
  }
  /** Sends it together, else in halves, one after the other. */
  const sendInParts = async (records: readonly NewRecord[]): Promise<void> => {
    try {
      await sendTogether(records)
    } catch (error) {
      const [one, ...others] = records
      if (!isTooLarge(error) || one === undefined) throw error
      if (others.length === 0) throw kafkaErrors.EVENT_TOO_LARGE({ topic, bytes: sizeOf(one) }, { cause: error })
      const half = Math.ceil(records.length / 2)
      await sendInParts(records.slice(0, half))
      await sendInParts(records.slice(half))
    }
  }
  const deliver = async (batch: readonly Waiting[]): Promise<void> => {
    const records = batch.flatMap((one) => one.records)
    try {
      await (batch.length > 1 ? sendTogether(records) : sendInParts(records))
      for (const { done } of batch) done()
    } catch (error) {
      // Whose it is that is too large is seen when each is sent by itself.
      if (batch.length > 1 && isTooLarge(error)) for (const one of batch) await deliver([one])
      else for (const { failed } of batch) failed(error)
    }
  }
  const run = async () => {
    while (waiting.size > 0) await deliver(next())
  }

  return {
    async send(records) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
      const mine: Waiting = { records, bytes, done: resolve, failed: reject }
      const timer = setTimeout(() => {
        waiting.delete(mine)
        reject(new Error(`no answer within ${PATIENCE} ms`))
      }, PATIENCE)
      waiting.add(mine)
      sending ??= run().finally(() => (sending = undefined))
      try {
        await promise
      } catch (error) {
        throw error instanceof BelfryError && error.code === kafkaErrors.EVENT_TOO_LARGE.code
          ? error
          : coreErrors.LOG_UNAVAILABLE({ why: reasonOf(error) }, { cause: error })
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      await sending
      const last = producer
      producer = undefined
      await last?.then((one) => one.producer.disconnect()).catch(() => {})
    },
  }
}

/** Sends all of it, or fails: some of it may be in the topic then. */
async function sendBy({ producer, chosen }: Connected, topic: string, records: readonly NewRecord[]): Promise<void> {
  chosen.clear()
  const messages = records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }))
  const answers = await producer.send({ topic, acks: -1, compression: CompressionTypes.None, messages })
  // Where a leader moves to a broker that has answered for other partitions, kafkajs does not ask it again, and says that all is sent.
  for (const { partition } of answers) chosen.delete(partition)
  const silent = [...chosen].map((partition) => partitionInWords({ topic, partition }))
  if (silent.length > 0) throw new Error(`nothing has answered for ${silent.join(', ')}`)
}

async function connect(kafka: Kafka): Promise<Connected> {
  const chosen = new Set<number>()
  const producer = kafka.producer({
    createPartitioner() {
      const choose = Partitioners.DefaultPartitioner()
      return (message) => {
        const partition = choose(message)
        chosen.add(partition)
        return partition
      }
    },
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
  })
  await producer.connect()
  return { producer, chosen }
}

/** How many bytes a record has, save what Kafka writes around it. */
const sizeOf = ({ key, value, headers }: NewRecord): number =>
  [key, value, ...Object.entries(headers).flat()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)

const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']
const isTooLarge = (error: unknown): boolean => TOO_LARGE.includes(protocolErrorOf(error))
