import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs'
import { type Place, topicOf } from './services.ts'

const RECORDS_PER_REQUEST = 1_000

/** Sends records to topics of a place. */
export async function produceAll(
  place: Place,
  messages: readonly (Message & { readonly topic: string })[],
): Promise<void> {
  for (const [topic, some] of Map.groupBy(messages, (message) => message.topic)) await produce(place, topic, some)
}

/** Sends records to a topic of a place, in requests of a thousand. */
export async function produce(place: Place, topic: string, messages: readonly Message[]): Promise<void> {
  const kafka = new Kafka({ clientId: 'bench', brokers: [...place.brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let from = 0; from < messages.length; from += RECORDS_PER_REQUEST)
    await producer.send({ topic: topicOf(place, topic), messages: messages.slice(from, from + RECORDS_PER_REQUEST) })
  await producer.disconnect()
}
