import { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import type { Broker } from '../kafkajs/internals/broker.ts'
import { errorOf } from '../kafkajs/protocol-error.ts'
import { withAnyBroker } from './any-broker.ts'
import { askTopics, type Overview, type Topic } from './ask-topics.ts'
import { tellVersions } from './tell-versions.ts'
import { UNKNOWN_TOPIC } from './topic-ids.ts'
import { tellUnreachable, whyOf } from './unreachable.ts'

/**
 * Sees that Kafka can be reached and lets us in, that its brokers speak the versions that we do, and that these topics are there and ours
 * to read. It makes and changes nothing. All that is wrong is told together: none where all is well. With `createTopics`, topics may be missing; with
 * `sessionTimeout`, brokers must let somebody with that into a group, where they say whom they let in.
 */
export async function checkKafka(
  options: KafkaOptions,
  topics: readonly string[],
  { createTopics = false, sessionTimeout }: { readonly createTopics?: boolean; readonly sessionTimeout?: number } = {},
): Promise<readonly BelfryError[]> {
  const where = options.bootstrapServers.join(', ')
  try {
    return await withAnyBroker(createKafkaClient(options), async (broker, open) => {
      const problems = tellVersions(broker.versions, where, { createTopics, sasl: options.sasl !== undefined })
      const overview = await askTopics(broker, topics, { rights: true })
      problems.push(...tellTopics(overview.topics, where, createTopics))
      const internal = topics.filter((topic) => INTERNAL.includes(topic))
      if (internal.length > 0) problems.push(kafkaErrors.TOPICS_INTERNAL({ topics: internal.join(', ') }))
      const found = await reachOne(overview, open)
      if (found instanceof BelfryError) return [...problems, found]
      const refused = sessionTimeout === undefined ? undefined : await tellSessionTimeout(found, where, sessionTimeout)
      return refused === undefined ? problems : [...problems, refused]
    })
  } catch (error) {
    return [error instanceof BelfryError ? error : tellUnreachable(where, error)]
  }
}

/** Where Kafka keeps what groups, transactions and its cluster are about. They may be made as late as they are needed. */
const INTERNAL = ['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata']

/** Kafka's operation 3, among the rights to a topic. Whoever only consumes needs no other: not to write is no mistake. */
const READ = 1 << 3

function tellTopics(topics: readonly Topic[], where: string, mayCreate: boolean): BelfryError[] {
  const problems: BelfryError[] = []
  for (const [error, some] of Map.groupBy(topics, (topic) => topic.error)) {
    const names = some.map(({ name }) => name).join(', ')
    if (error === UNKNOWN_TOPIC) {
      if (!mayCreate) problems.push(kafkaErrors.TOPICS_MISSING({ where, topics: names }))
    } else if (error !== 0)
      problems.push(kafkaErrors.TOPICS_REFUSED({ where, topics: names, why: whyOf(errorOf(error)) }))
  }
  const unreadable = topics.filter(({ error, rights = READ }) => error === 0 && (rights & READ) === 0)
  if (unreadable.length > 0) {
    const names = unreadable.map(({ name }) => name).join(', ')
    problems.push(kafkaErrors.TOPICS_REFUSED({ where, topics: names, why: 'it lets us see them, but not read them' }))
  }
  return problems
}

/** A broker, and the name that its cluster knows it by. */
interface Reached {
  readonly broker: Broker
  readonly nodeId: number
}

/** What reaches a cluster at first is not where its brokers say that they are: one of them must be there. */
async function reachOne(
  { brokers }: Overview,
  open: (at: Overview['brokers'][number]) => Promise<Broker>,
): Promise<Reached | BelfryError> {
  try {
    return await Promise.any(brokers.map(async (at) => ({ broker: await open(at), nodeId: at.nodeId })))
  } catch (error) {
    const addresses = brokers.map(({ host, port }) => `${host}:${port}`).join(', ')
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error
    return kafkaErrors.KAFKA_ADDRESSES_UNREACHABLE({ addresses, why: whyOf(first) }, { cause: error })
  }
}

/** Kafka's number of the settings of a broker. */
const OF_BROKER = 4
const [LEAST, MOST] = ['group.min.session.timeout.ms', 'group.max.session.timeout.ms']

/** Whether this broker lets a member with this timeout into a group; whoever may not know is told only when it is let in. */
async function tellSessionTimeout(
  { broker, nodeId }: Reached,
  where: string,
  found: number,
): Promise<BelfryError | undefined> {
  // A broker tells its own settings alone. What it does not tell, for want of a right or of age, is no problem by itself.
  const asked = { type: OF_BROKER, name: String(nodeId), configNames: [LEAST, MOST] }
  const settings = await broker.describeConfigs({ resources: [asked] }).catch(() => ({ resources: [] }))
  const values = new Map(
    settings.resources.flatMap(({ configEntries }) =>
      configEntries.map(({ configName, configValue }) => [configName, Number(configValue ?? Number.NaN)] as const),
    ),
  )
  const [least, most] = [values.get(LEAST), values.get(MOST)]
  if (least === undefined || most === undefined || !(found < least || found > most)) return undefined
  return kafkaErrors.KAFKA_SESSION_TIMEOUT_REFUSED({ where, found, least, most })
}
