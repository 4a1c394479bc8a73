import { coreErrors, type NewRecord, type Publisher } from '@belfry/core'
import { CompressionTypes, type Kafka, Partitioners, type Producer, type TopicMessages } from 'kafkajs'
import { createKafkaClient, type KafkaOptions } from './client.ts'
import { partitionInWords } from './partition-name.ts'
import { reasonOf } from './reason-of.ts'
import { createTopicNames, type TopicNames } from './topic-names.ts'

export interface KafkaPublisherOptions extends KafkaOptions {
  /** Names of topics on the brokers, where they are others. */
  readonly topicNames?: Readonly<Record<string, string>>
}

/** A connected producer, and where it has put what was sent last. */
interface Connected {
  readonly producer: Producer
  readonly chosen: Set<string>
}

/** Somebody who waits until their records are durable. */
interface Waiting {
  readonly records: readonly NewRecord[]
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** Whoever publishes waits no longer than so many milliseconds, and is told that the log is away. */
const PATIENCE = 1_800
/** At most so many records go out together. */
const MOST = 2_000

/**
 * Publishes to Apache Kafka: `acks=all`, idempotent, and while one batch is under way the next gathers. What is not taken in time is not
 * sent later, unless it is under way by then.
 */
export function createKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const kafka = createKafkaClient(options)
  const names = createTopicNames(options.topicNames)
  const waiting = new Set<Waiting>()
  let producer: Promise<Connected> | undefined
  let sending: Promise<void> | undefined
  let closed = false

  const next = (): readonly Waiting[] => {
    const batch: Waiting[] = []
    let count = 0
    for (const one of waiting) {
      if (count > 0 && count + one.records.length > MOST) break
      batch.push(one)
      waiting.delete(one)
      count += one.records.length
    }
    return batch
  }
  const run = async () => {
    while (waiting.size > 0) {
      const batch = next()
      producer ??= connect(kafka)
      const mine = producer
      try {
        await send(
          await mine,
          messagesOf(
            batch.flatMap(({ records }) => records),
            names,
          ),
        )
        for (const { done } of batch) done()
      } catch (error) {
        // Whatever went wrong, the sequence of an idempotent producer may be broken: the next one begins a new one.
        if (producer === mine) producer = undefined
        mine.then((one) => one.producer.disconnect()).catch(() => {})
        for (const { failed } of batch) failed(error)
      }
    }
  }

  return {
    async publish(records) {
      if (records.length === 0) return
      if (closed) throw coreErrors.LOG_UNAVAILABLE({ why: 'this process is stopping' })
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const mine: Waiting = { records, done: resolve, failed: reject }
      const timer = setTimeout(() => {
        waiting.delete(mine)
        reject(new Error(`no answer within ${PATIENCE} ms`))
      }, PATIENCE)
      waiting.add(mine)
      sending ??= run().finally(() => (sending = undefined))
      try {
        await promise
      } catch (error) {
        throw coreErrors.LOG_UNAVAILABLE({ why: reasonOf(error) }, { cause: error })
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      closed = true
      await sending
      const last = producer
      producer = undefined
      await last?.then((one) => one.producer.disconnect()).catch(() => {})
    },
  }
}

/** Sends all of it, or fails: some of it may be in the log then. */
async function send({ producer, chosen }: Connected, topicMessages: TopicMessages[]): Promise<void> {
  chosen.clear()
  const answers = await producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages })
  // Where a leader moves to a broker that has answered for other partitions, kafkajs does not ask it again, and says that all is sent.
  for (const { topicName, partition } of answers) chosen.delete(partitionInWords({ topic: topicName, partition }))
  if (chosen.size > 0) throw new Error(`nothing has answered for ${[...chosen].join(', ')}`)
}

async function connect(kafka: Kafka): Promise<Connected> {
  const chosen = new Set<string>()
  const producer = kafka.producer({
    createPartitioner() {
      const choose = Partitioners.DefaultPartitioner()
      return (message) => {
        const partition = choose(message)
        chosen.add(partitionInWords({ topic: message.topic, partition }))
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

/** Records by topic, in their order. */
function messagesOf(records: readonly NewRecord[], names: TopicNames): TopicMessages[] {
  return [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, some]) => ({
    topic: names.physical(topic),
    messages: some.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
  }))
}
