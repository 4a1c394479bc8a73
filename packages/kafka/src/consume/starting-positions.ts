import type { Position, Positions } from '@belfry/core'
import type { Kafka } from 'kafkajs'
import type { TopicDescription } from '../cluster/describe-topics.ts'
import type { AllBounds } from '../cluster/log-bounds.ts'
import { partitionName } from '../cluster/partition-name.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import { kafkaErrors } from '../errors.ts'
import { withCoordinator } from '../group/coordinator.ts'

/** Where a partition begins that has no position, and no committed offset in the group. */
export type OffsetReset = 'earliest' | 'latest' | 'none'

/** Topics that exist, by Belfry's names. */
type ExistingTopics = ReadonlyMap<string, Pick<TopicDescription, 'id' | 'partitions'>>

export interface StartingOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly reset: OffsetReset
  readonly names: TopicNames
  readonly positions: Positions
  readonly topics: ExistingTopics
  readonly readBounds: (topics: readonly string[]) => Promise<AllBounds>
}

/** The result of setting starting positions. */
export interface StartingResult {
  /** A committed offset is ahead of its position. It is only a copy of it, so the store was restored from an older state. */
  readonly restored: boolean
  /** Topics that got no starting positions yet: where some of their partitions begin is known only once these have a leader. */
  readonly waiting: readonly string[]
}

/**
 * Assigns every partition without a position its starting position, before anything is read: the group's committed offset, else that of
 * `reset`.
 * A partition that was added to a topic with positions begins at its beginning.
 * @throws POSITION_MISSING where `reset` is `none`
 */
export async function setStartingPositions(options: StartingOptions): Promise<StartingResult> {
  const { kafka, groupId, reset, names, positions, topics, readBounds } = options
  const wanted = [...topics.keys()]
  // Copies first: a position that is read after its copy is not behind that copy.
  const copied = await readCopies(kafka, groupId, topics, names)
  const kept = await positions.of(wanted)
  const bounds = await readBounds(wanted)
  const known = new Map(kept.map((position) => [partitionName(position), position]))
  const knownTopics = new Set(kept.map(({ topic }) => topic))
  const starting: Position[] = []
  const waiting = new Set<string>()
  let restored = false
  for (const [topic, { id: logId, partitions }] of topics)
    for (let partition = 0; partition < partitions; partition++) {
      const copy = copied.get(partitionName({ topic, partition }))
      const position = known.get(partitionName({ topic, partition }))
      if (position !== undefined) {
        // A position that an operator has moved back was further before.
        const furthest = Math.max(position.next, position.reached ?? 0)
        if (copy !== undefined && copy > furthest && position.logId === logId) restored = true
        continue
      }
      if (copy === undefined && reset === 'none' && !knownTopics.has(topic))
        throw kafkaErrors.POSITION_MISSING({ topic: names.physical(topic), partition, group: groupId })
      const found = bounds.get(topic)?.get(partition)
      const next = copy ?? (knownTopics.has(topic) ? 0 : reset === 'latest' ? found?.high : found?.low)
      if (next === undefined) waiting.add(topic)
      else starting.push({ topic, partition, next, ...(logId !== undefined && { logId }) })
    }
  // In a topic with positions, a partition without one was added later: so a topic gets all of its positions together.
  await positions.beginAt(starting.filter(({ topic }) => !waiting.has(topic)))
  return { restored, waiting: [...waiting] }
}

async function readCopies(
  kafka: Kafka,
  groupId: string,
  topics: ExistingTopics,
  names: TopicNames,
): Promise<ReadonlyMap<string, number>> {
  const requested = [...topics].map(([topic, { partitions }]) => ({
    topic: names.physical(topic),
    partitions: Array.from({ length: partitions }, (_, partition) => ({ partition })),
  }))
  const { responses } = await withCoordinator(kafka, groupId, (coordinator) =>
    coordinator.offsetFetch({ groupId, topics: requested }),
  )
  return new Map(
    responses.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset }) =>
        Number(offset) < 0
          ? []
          : [[partitionName({ topic: names.logical(topic), partition }), Number(offset)] as const],
      ),
    ),
  )
}
