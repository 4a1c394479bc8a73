import type { Kafka } from 'kafkajs'
import { partitionInWords, shortList } from './partition-name.ts'
import { readTopicIds, type TopicIds } from './topic-ids.ts'
import type { TopicNames } from './topic-names.ts'

/** The topics that a source reads, by Belfry's names, and their state on the brokers. */
export interface WantedTopics {
  /** The wanted topics that exist, by Belfry's names; and the names on the brokers of those that the user has no right to describe. */
  read(): Promise<TopicIds>
  /** Returns the wanted topics that exist, and updates `missing`. */
  refresh(): Promise<TopicIds['existing']>
  /** What was missing at the last `refresh`, a sentence each: topics that did not exist or could not be described, partitions without a leader. */
  readonly missing: readonly string[]
}

export function createWantedTopics(kafka: Kafka, names: TopicNames, topics: () => readonly string[]): WantedTopics {
  let missing: readonly string[] = []
  const read = async (): Promise<TopicIds> => {
    const { existing, refused } = await readTopicIds(kafka, topics().map(names.physical))
    return { existing: new Map([...existing].map(([name, about]) => [names.logical(name), about])), refused }
  }
  return {
    read,
    async refresh() {
      const { existing, refused } = await read()
      const seen = topics().map((topic) => ({ topic, name: names.physical(topic) }))
      const gone = seen.flatMap(({ topic, name }) => (existing.has(topic) || refused.includes(name) ? [] : [name]))
      const unled = [...existing].flatMap(([topic, about]) =>
        about.unled.map((partition) => partitionInWords({ topic, partition })),
      )
      missing = [
        ...(gone.length > 0 ? [`Kafka has no topic ${gone.join(', ')}`] : []),
        ...(refused.length > 0 ? [`Kafka does not let this user describe topic ${refused.join(', ')}`] : []),
        ...(unled.length > 0 ? [`no broker leads ${shortList(unled)}`] : []),
      ]
      return existing
    },
    get missing() {
      return missing
    },
  }
}

/** How many partitions each topic has, by the names that the brokers have. */
export const partitionCounts = (existing: TopicIds['existing'], names: TopicNames): ReadonlyMap<string, number> =>
  new Map([...existing].map(([topic, { partitions }]) => [names.physical(topic), partitions]))
