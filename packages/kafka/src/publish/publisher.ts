import { coreErrors, type NewRecord, type Publisher } from '@belfry/core'
import { createTopicNames } from '../cluster/topic-names.ts'
import { kafkaErrors } from '../errors.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { kafkaLimits } from '../limits.ts'
import { TopicSender } from './topic-sender.ts'

export interface KafkaPublisherOptions extends KafkaOptions {
  /** Names of topics on the brokers, where they are others. */
  readonly topicNames?: Readonly<Record<string, string>>
  /** The most bytes of a record: the sources that read it would not take more. */
  readonly maxRecordBytes?: number
}

/** What Kafka writes around a record at most, and around each of its headers. */
const AROUND = 32
const AROUND_HEADER = 10

/**
 * Publishes to Apache Kafka: `acks=all`, idempotent, each topic by itself, so that one that is gone or refused holds up no other, and no
 * partition that has no leader another one. What is too large for its topic, or for those who read it, is refused with EVENT_TOO_LARGE.
 */
export function createKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const kafka = createKafkaClient(options)
  const { maxRecordBytes = kafkaLimits.RECORD_BYTES.most } = options
  const names = createTopicNames(options.topicNames)
  const senders = new Map<string, TopicSender>()
  let closed = false

  const senderOf = (topic: string): TopicSender => {
    const sender = senders.get(topic) ?? new TopicSender(kafka, { topic, physical: names.physical(topic) })
    senders.set(topic, sender)
    return sender
  }

  return {
    async publish(records) {
      if (closed) throw coreErrors.LOG_UNAVAILABLE({ why: 'this process is stopping' })
      for (const record of records) {
        const bytes = sizeOf(record)
        if (bytes <= maxRecordBytes) continue
        throw kafkaErrors.EVENT_TOO_LARGE({
          topic: record.topic,
          bytes,
          why: `kafka.max_record_bytes is ${maxRecordBytes}`,
        })
      }
      const topics = [...Map.groupBy(records, ({ topic }) => topic)]
      // What one topic does not take keeps nothing from another that is sent with it.
      const sent = await Promise.allSettled(topics.map(([topic, some]) => senderOf(topic).send(some)))
      for (const one of sent) if (one.status === 'rejected') throw one.reason
    },
    async close() {
      closed = true
      await Promise.all([...senders.values()].map((sender) => sender.close()))
    },
  }
}

/** How many bytes a record has at most. */
const sizeOf = ({ key, value, headers }: NewRecord): number => {
  const texts = [key, value, ...Object.entries(headers).flat()]
  return texts.reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    AROUND + AROUND_HEADER * Object.keys(headers).length,
  )
}
