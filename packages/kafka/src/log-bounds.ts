import type { Admin } from 'kafkajs'
import type { TopicNames } from './topic-names.ts'

/** What a partition holds: from `low` to before `high`. */
export interface Bounds {
  readonly low: number
  readonly high: number
}

/** Reads what every partition of these topics holds, by topic and partition. */
export async function readBounds(
  admin: Pick<Admin, 'fetchTopicOffsets'>,
  topics: readonly string[],
  names: TopicNames,
): Promise<ReadonlyMap<string, ReadonlyMap<number, Bounds>>> {
  const all = await Promise.all(
    topics.map(async (topic) => {
      const found = await admin.fetchTopicOffsets(names.physical(topic))
      const bounds = found.map(
        ({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }] as const,
      )
      return [topic, new Map(bounds.sort(([a], [b]) => a - b))] as const
    }),
  )
  return new Map(all)
}
