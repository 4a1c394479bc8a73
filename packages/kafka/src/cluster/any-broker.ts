import type { Kafka } from 'kafkajs'
import type { Address, Broker } from '../kafkajs/internals/broker.ts'
import { createCluster } from '../kafkajs/internals/internals.ts'

/**
 * Connects to the first broker that answers, runs `work` with it, and disconnects. `open` connects to further brokers; they are
 * disconnected too. kafkajs's own admin client requests the metadata of every topic first, and fails where one of them has no leader.
 * @throws what kafkajs throws when no broker can be reached, or none accepts the credentials
 */
export async function withAnyBroker<T>(
  kafka: Kafka,
  work: (broker: Broker, open: (at: Address) => Promise<Broker>) => Promise<T>,
): Promise<T> {
  const cluster = createCluster(kafka)
  const opened: Broker[] = []
  try {
    await cluster.connect()
    const { seedBroker } = cluster.brokerPool
    if (seedBroker === undefined) throw new Error('the connection to the broker broke off')
    return await work(seedBroker, async (at) => {
      const connectionPool = await cluster.connectionPoolBuilder.build(at)
      const broker = cluster.brokerPool.createBroker({ connectionPool, logger: cluster.rootLogger })
      opened.push(broker)
      await broker.connect()
      return broker
    })
  } finally {
    await Promise.allSettled([cluster.disconnect(), ...opened.map((broker) => broker.disconnect())])
  }
}
