import type { Position, Positions } from '@belfry/core'
import type { Kafka } from 'kafkajs'
import type { Topic } from '../cluster/ask-topics.ts'
import type { AllBounds } from '../cluster/log-bounds.ts'
import { partitionName } from '../cluster/partition-name.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import { kafkaErrors } from '../errors.ts'
import { withCoordinator } from '../group/coordinator.ts'

/** Where a partition begins that has no position and that the group has read nothing of. */
export type OffsetReset = 'earliest' | 'latest' | 'none'

/** The topics that there are, by the names that they have here. */
type There = ReadonlyMap<string, Pick<Topic, 'id' | 'partitions'>>

export interface StartingOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly reset: OffsetReset
  readonly names: TopicNames
  readonly positions: Positions
  readonly topics: There
  readonly readBounds: (topics: readonly string[]) => Promise<AllBounds>
}

/** What has become of topics that were to begin. */
export interface Begun {
  /** The group has been further than our positions: it has only copies of them, so the store was restored from an older state. */
  readonly restored: boolean
  /** Topics of which nothing has begun: where some of their partitions begin can be said only once a broker leads these. */
  readonly waiting: readonly string[]
}

/**
 * Gives every partition that has no position its starting one, before anything is read: where the group has been, else where `reset`
 * says; a partition that was added to a topic that is known begins at its beginning.
 * @throws POSITION_MISSING where `reset` is `none`
 */
export async function beginTopics(options: StartingOptions): Promise<Begun> {
  const { kafka, groupId, reset, names, positions, topics, readBounds } = options
  const wanted = [...topics.keys()]
  // Copies first: a position that is read later is not behind the copy that was made of it.
  const copied = await readCopies(kafka, groupId, topics, names)
  const kept = await positions.of(wanted)
  const bounds = await readBounds(wanted)
  const known = new Map(kept.map((position) => [partitionName(position), position]))
  const knownTopics = new Set(kept.map(({ topic }) => topic))
  const starting: Position[] = []
  const waiting = new Set<string>()
  let restored = false
  for (const [topic, { id: log, partitions }] of topics)
    for (let partition = 0; partition < partitions; partition++) {
      const copy = copied.get(partitionName({ topic, partition }))
      const position = known.get(partitionName({ topic, partition }))
      if (position !== undefined) {
        // What an operator has moved back had been further.
        const furthest = Math.max(position.next, position.reached ?? 0)
        if (copy !== undefined && copy > furthest && position.log === log) restored = true
        continue
      }
      if (copy === undefined && reset === 'none' && !knownTopics.has(topic))
        throw kafkaErrors.POSITION_MISSING({ topic: names.physical(topic), partition, group: groupId })
      const found = bounds.get(topic)?.get(partition)
      const next = copy ?? (knownTopics.has(topic) ? 0 : reset === 'latest' ? found?.high : found?.low)
      if (next === undefined) waiting.add(topic)
      else starting.push({ topic, partition, next, ...(log !== undefined && { log }) })
    }
  // Of a topic that has begun, whatever has no position was added later.
  await positions.beginAt(starting.filter(({ topic }) => !waiting.has(topic)))
  return { restored, waiting: [...waiting] }
}

async function readCopies(
  kafka: Kafka,
  groupId: string,
  topics: There,
  names: TopicNames,
): Promise<ReadonlyMap<string, number>> {
  const asked = [...topics].map(([topic, { partitions }]) => ({
    topic: names.physical(topic),
    partitions: Array.from({ length: partitions }, (_, partition) => ({ partition })),
  }))
  const { responses } = await withCoordinator(kafka, groupId, (coordinator) =>
    coordinator.offsetFetch({ groupId, topics: asked }),
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
