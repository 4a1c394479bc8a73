import { type Kafka, Partitioners, type Producer } from 'kafkajs'

/**
 * Connects a producer that neither loses nor reorders events: Kafka acknowledges a record once every replica in sync has it (`acks: -1`, in
 * `sendOutbox`), and the brokers recognise a record that kafkajs sends again.
 */
export async function connectProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    // A second request under way could overtake the first.
    maxInFlightRequests: 1,
    // The partitioner of Java's clients: all producers that send a key must choose the same partition for it.
    createPartitioner: Partitioners.DefaultPartitioner,
    // A misspelt name must be an error and not create a topic.
    allowAutoTopicCreation: false,
    // The relay itself tries again, with the events that are in the outbox then.
    retry: { retries: 3 },
  })
  try {
    await producer.connect()
  } catch (error) {
    await producer.disconnect()
    throw error
  }
  return producer
}
