import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs'
import { LISTENER, type Listener } from '../kafkajs/listener.ts'
import { assignSubscribed } from './assign-subscribed.ts'

/**
 * A consumer whose `eachBatch` gets every batch that was read, also those of which no message is left (control records, aborted
 * transactions, compaction): then `messages` is empty and `lastOffset()` is still the last offset that was read.
 */
export function createConsumer(kafka: Kafka, config: ConsumerConfig, listener: Listener): Consumer {
  const assigners = config.partitionAssigners ?? [assignSubscribed]
  return kafka.consumer({
    allowAutoTopicCreation: false,
    ...config,
    partitionAssigners: assigners.map((create) => (options) => {
      const assigner = { ...create(options), [LISTENER]: listener }
      // The protocol that is sent to the group has it too.
      const protocol: typeof assigner.protocol = (subscription) =>
        Object.assign(create(options).protocol(subscription), { [LISTENER]: listener })
      return { ...assigner, protocol }
    }),
  })
}
