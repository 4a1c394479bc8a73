import { BelfryError } from '@belfry/contracts/errors'
import { type Broker, errorOf, withAnyBroker } from './any-broker.ts'
import { askTopics, type Overview, type Topic } from './ask-topics.ts'
import { createKafkaClient, type KafkaOptions } from './client.ts'
import { kafkaErrors } from './errors.ts'
import { tellVersions } from './tell-versions.ts'
import { UNKNOWN_TOPIC } from './topic-ids.ts'
import { tellUnreachable, whyOf } from './unreachable.ts'

/**
 * Sees that Kafka can be reached and lets us in, that its brokers speak the versions that we do, and that these topics are there. It makes
 * and changes nothing. All that is wrong is told together: none where all is well. With `createTopics`, topics may be missing.
 */
export async function checkKafka(
  options: KafkaOptions,
  topics: readonly string[],
  { createTopics = false }: { readonly createTopics?: boolean } = {},
): Promise<readonly BelfryError[]> {
  const where = options.bootstrapServers.join(', ')
  try {
    return await withAnyBroker(createKafkaClient(options), async (broker, open) => {
      const problems = tellVersions(broker.versions, where, { createTopics, sasl: options.sasl !== undefined })
      const overview = await askTopics(broker, topics)
      problems.push(...tellTopics(overview.topics, where, createTopics))
      const lost = await tellAddresses(overview, open)
      return lost === undefined ? problems : [...problems, lost]
    })
  } catch (error) {
    return [error instanceof BelfryError ? error : tellUnreachable(where, error)]
  }
}

function tellTopics(topics: readonly Topic[], where: string, mayCreate: boolean): BelfryError[] {
  const problems: BelfryError[] = []
  for (const [error, some] of Map.groupBy(topics, (topic) => topic.error)) {
    const names = some.map(({ name }) => name).join(', ')
    if (error === UNKNOWN_TOPIC) {
      if (!mayCreate) problems.push(kafkaErrors.TOPICS_MISSING({ where, topics: names }))
    } else if (error !== 0)
      problems.push(kafkaErrors.TOPICS_REFUSED({ where, topics: names, why: whyOf(errorOf(error)) }))
  }
  return problems
}

/** What reaches a cluster at first is not where its brokers say that they are: one of them must be there. */
async function tellAddresses(
  { brokers }: Overview,
  open: (at: Overview['brokers'][number]) => Promise<Broker>,
): Promise<BelfryError | undefined> {
  try {
    await Promise.any(brokers.map(open))
    return undefined
  } catch (error) {
    const addresses = brokers.map(({ host, port }) => `${host}:${port}`).join(', ')
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error
    return kafkaErrors.KAFKA_ADDRESSES_UNREACHABLE({ addresses, why: whyOf(first) }, { cause: error })
  }
}
