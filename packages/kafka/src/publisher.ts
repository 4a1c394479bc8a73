import { coreErrors, type Publisher } from '@belfry/core'
import { createKafkaClient, type KafkaOptions } from './client.ts'
import { createTopicNames } from './topic-names.ts'
import { createTopicSender, type TopicSender } from './topic-sender.ts'

export interface KafkaPublisherOptions extends KafkaOptions {
  /** Names of topics on the brokers, where they are others. */
  readonly topicNames?: Readonly<Record<string, string>>
}

/**
 * Publishes to Apache Kafka: `acks=all`, idempotent, each topic by itself, so that one that is gone or refused holds up no other, and no
 * partition that has no leader another one. What is too large for its topic by itself is refused with EVENT_TOO_LARGE.
 */
export function createKafkaPublisher(options: KafkaPublisherOptions): Publisher {
  const kafka = createKafkaClient(options)
  const names = createTopicNames(options.topicNames)
  const senders = new Map<string, TopicSender>()
  let closed = false

  const senderOf = (topic: string): TopicSender => {
    const sender = senders.get(topic) ?? createTopicSender(kafka, { topic, physical: names.physical(topic) })
    senders.set(topic, sender)
    return sender
  }

  return {
    async publish(records) {
      if (closed) throw coreErrors.LOG_UNAVAILABLE({ why: 'this process is stopping' })
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
