import type { Position, Positions } from '@belfry/core'
import type { Admin } from 'kafkajs'
import { kafkaErrors } from './errors.ts'
import { readBounds } from './log-bounds.ts'
import { partitionName } from './partition-name.ts'
import type { TopicNames } from './topic-names.ts'

/** Where a partition begins that has no position and that the group has read nothing of. */
export type OffsetReset = 'earliest' | 'latest' | 'none'

export interface StartingOptions {
  readonly admin: Pick<Admin, 'fetchOffsets' | 'fetchTopicOffsets'>
  readonly groupId: string
  readonly reset: OffsetReset
  readonly names: TopicNames
  readonly positions: Positions
  /** The ids of the topics that there are; absent where brokers have none. */
  readonly ids: ReadonlyMap<string, { readonly id?: string }>
}

/**
 * Gives every partition that has no position its starting one, before anything is read: where the group has been, else where `reset`
 * says; a partition that was added to a topic that is known begins at its beginning. Answers whether the group has been further than
 * our positions: the group has only copies of them, so the store was restored from an older state.
 * @throws POSITION_MISSING where `reset` is `none`
 */
export async function beginTopics({
  admin,
  groupId,
  reset,
  names,
  positions,
  ids,
}: StartingOptions): Promise<{ readonly restored: boolean }> {
  const topics = [...ids.keys()]
  // Copies first: a position that is read later is not behind the copy that was made of it.
  const copied = await readCopies(admin, groupId, topics, names)
  const kept = await positions.positionsOf(topics)
  const bounds = await readBounds(admin, topics, names)
  const known = new Map(kept.map((position) => [partitionName(position), position]))
  const knownTopics = new Set(kept.map(({ topic }) => topic))
  const starting: Position[] = []
  let restored = false
  for (const [topic, partitions] of bounds)
    for (const [partition, { low, high }] of partitions) {
      const copy = copied.get(partitionName({ topic, partition }))
      const position = known.get(partitionName({ topic, partition }))
      const log = ids.get(topic)?.id
      if (position !== undefined) {
        // What an operator has moved back had been further.
        const furthest = Math.max(position.next, position.reached ?? 0)
        if (copy !== undefined && copy > furthest && position.log === log) restored = true
        continue
      }
      if (copy === undefined && reset === 'none' && !knownTopics.has(topic))
        throw kafkaErrors.POSITION_MISSING({ topic: names.physical(topic), partition, group: groupId })
      const next = copy ?? (knownTopics.has(topic) ? 0 : reset === 'latest' ? high : low)
      starting.push({ topic, partition, next, ...(log !== undefined && { log }) })
    }
  await positions.beginAt(starting)
  return { restored }
}

async function readCopies(
  admin: Pick<Admin, 'fetchOffsets'>,
  groupId: string,
  topics: readonly string[],
  names: TopicNames,
): Promise<ReadonlyMap<string, number>> {
  const found = await admin.fetchOffsets({ groupId, topics: topics.map(names.physical) })
  return new Map(
    found.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset }) =>
        Number(offset) < 0
          ? []
          : [[partitionName({ topic: names.logical(topic), partition }), Number(offset)] as const],
      ),
    ),
  )
}
