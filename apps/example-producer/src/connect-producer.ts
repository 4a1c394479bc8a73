import { type Kafka, Partitioners, type Producer } from 'kafkajs'

/**
 * A connected producer that neither loses nor reorders: every replica in sync has a record before it counts (`acks: -1`, in `sendOutbox`),
 * and what kafkajs sends again the brokers recognise.
 */
export async function connectProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    // A second request under way could overtake the first.
    maxInFlightRequests: 1,
    // The one that Java's clients have as well: all that send a key must agree on its partition.
    createPartitioner: Partitioners.DefaultPartitioner,
    // A name that is misspelt is an error, and no new topic.
    allowAutoTopicCreation: false,
    // The relay tries again by itself, with what is in the outbox by then.
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
