import type { Kafka } from 'kafkajs'
import { withAnyBroker } from '../cluster/any-broker.ts'
import type { Broker } from '../kafkajs/internals/broker.ts'

/**
 * Works with the broker that coordinates a group.
 * @throws what kafkajs throws when that cannot be found or reached
 */
export const withCoordinator = <T>(
  kafka: Kafka,
  groupId: string,
  work: (coordinator: Broker) => Promise<T>,
): Promise<T> =>
  withAnyBroker(kafka, async (broker, open) => {
    const { coordinator } = await broker.findGroupCoordinator({ groupId, coordinatorType: 0 })
    return work(await open(coordinator))
  })
