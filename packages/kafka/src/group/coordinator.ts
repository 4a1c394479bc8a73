import type { Kafka } from 'kafkajs'
import { withAnyBroker } from '../cluster/any-broker.ts'
import type { Broker } from '../kafkajs/internals/broker.ts'

/**
 * Connects to the broker that coordinates a group, runs `work` with it, and disconnects.
 * @throws what kafkajs throws when the coordinator cannot be found or reached
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
