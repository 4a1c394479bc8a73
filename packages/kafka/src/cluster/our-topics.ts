import type { Kafka } from 'kafkajs'
import { inShort, partitionInWords } from './partition-name.ts'
import { readTopicIds, type TopicIds } from './topic-ids.ts'
import type { TopicNames } from './topic-names.ts'

/** The topics that a source reads, by the names that they have here, as the brokers know them. */
export interface OurTopics {
  /** Those of them that are there and that we may see, and the names on the brokers of those that we may not. */
  read(): Promise<TopicIds>
  /** Those that are there; what is lacking is noted. */
  look(): Promise<TopicIds['there']>
  /** Topics that were not there when last looked at, or might not be seen, and partitions that nobody led, in words. */
  readonly lacking: readonly string[]
}

export function createOurTopics(kafka: Kafka, names: TopicNames, topics: () => readonly string[]): OurTopics {
  let lacking: readonly string[] = []
  const read = async (): Promise<TopicIds> => {
    const { there, refused } = await readTopicIds(kafka, topics().map(names.physical))
    return { there: new Map([...there].map(([name, about]) => [names.logical(name), about])), refused }
  }
  return {
    read,
    async look() {
      const { there, refused } = await read()
      const seen = topics().map((topic) => ({ topic, name: names.physical(topic) }))
      const gone = seen.flatMap(({ topic, name }) => (there.has(topic) || refused.includes(name) ? [] : [name]))
      const unled = [...there].flatMap(([topic, about]) =>
        about.unled.map((partition) => partitionInWords({ topic, partition })),
      )
      lacking = [
        ...(gone.length > 0 ? [`Kafka has no topic ${gone.join(', ')}`] : []),
        ...(refused.length > 0 ? [`Kafka does not let us see topic ${refused.join(', ')}`] : []),
        ...(unled.length > 0 ? [`no broker leads ${inShort(unled)}`] : []),
      ]
      return there
    },
    get lacking() {
      return lacking
    },
  }
}

/** How many partitions each topic has, by the names that the brokers have. */
export const partitionCounts = (there: TopicIds['there'], names: TopicNames): ReadonlyMap<string, number> =>
  new Map([...there].map(([topic, { partitions }]) => [names.physical(topic), partitions]))
