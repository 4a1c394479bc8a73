import type { Kafka } from 'kafkajs'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'
import { withCoordinator } from './coordinator.ts'

/**
 * Evicts members from a group at once, by leaving it in their name: the group need not wait until the session of a dead process times out.
 * A member that is not in the group (any more) is passed over.
 * @throws what kafkajs throws when the group's coordinator cannot be reached or refuses
 */
export async function evict(kafka: Kafka, groupId: string, memberIds: readonly string[]): Promise<void> {
  await withCoordinator(kafka, groupId, async (coordinator) => {
    for (const memberId of memberIds)
      await coordinator.leaveGroup({ groupId, memberId }).catch((error: unknown) => {
        if (!isUnknownMember(error)) throw error
      })
  })
}

/**
 * Returns the ids of the members of a group.
 * @throws as `evict` does
 */
export function membersOf(kafka: Kafka, groupId: string): Promise<readonly string[]> {
  return withCoordinator(kafka, groupId, async (coordinator) => {
    const { groups } = await coordinator.describeGroups({ groupIds: [groupId] })
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
  })
}

const isUnknownMember = (error: unknown): boolean => protocolErrorOf(error) === 'UNKNOWN_MEMBER_ID'
