import { coreErrors, type NewRecord, type Publisher } from '@belfry/core'
import { createTopicNames } from '../cluster/topic-names.ts'
import { kafkaErrors } from '../errors.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { kafkaLimits } from '../limits.ts'
import { TopicSender } from './topic-sender.ts'

export interface KafkaPublisherOptions extends KafkaOptions {
  /** The names of topics on the brokers, where they differ. */
  readonly topicNames?: Readonly<Record<string, string>>
  /** The most bytes of a record: sources do not read a larger one. */
  readonly maxRecordBytes?: number
}

/** The most bytes that Kafka adds to a record, and to each of its headers. */
const MAX_RECORD_OVERHEAD_BYTES = 32
const MAX_HEADER_OVERHEAD_BYTES = 10

/**
 * Publishes to Apache Kafka: `acks=all`, idempotent, each topic separately, so that a topic that is missing or refused does not delay the
 * others, nor a partition without a leader the other partitions. A record that is too large for its topic or for sources is refused with
 * EVENT_TOO_LARGE.
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
      // A topic that fails does not keep the others from being sent.
      const sent = await Promise.allSettled(topics.map(([topic, some]) => senderOf(topic).send(some)))
      for (const one of sent) if (one.status === 'rejected') throw one.reason
    },
    async close() {
      closed = true
      await Promise.all([...senders.values()].map((sender) => sender.close()))
    },
  }
}

/** The most bytes that a record has on the brokers. */
const sizeOf = ({ key, value, headers }: NewRecord): number => {
  const texts = [key, value, ...Object.entries(headers).flat()]
  return texts.reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    MAX_RECORD_OVERHEAD_BYTES + MAX_HEADER_OVERHEAD_BYTES * Object.keys(headers).length,
  )
}
