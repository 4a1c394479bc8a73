import { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import type { Broker } from '../kafkajs/internals/broker.ts'
import { errorOf } from '../kafkajs/protocol-error.ts'
import { withAnyBroker } from './any-broker.ts'
import { checkVersions } from './check-versions.ts'
import { connectionError, whyOf } from './connection-error.ts'
import { type ClusterDescription, describeTopics, type TopicDescription } from './describe-topics.ts'
import { UNKNOWN_TOPIC } from './topic-ids.ts'

/**
 * Checks that Kafka can be reached and accepts the credentials, that its brokers support the versions of requests that kafkajs sends, and
 * that these topics exist and may be read. Changes nothing. Returns all problems together, and none where all is well. With `createTopics`,
 * topics may be missing. With `sessionTimeout`, a group must accept a member with that timeout, as far as the brokers report it.
 */
export async function checkKafka(
  options: KafkaOptions,
  topics: readonly string[],
  { createTopics = false, sessionTimeout }: { readonly createTopics?: boolean; readonly sessionTimeout?: number } = {},
): Promise<readonly BelfryError[]> {
  const where = options.bootstrapServers.join(', ')
  try {
    return await withAnyBroker(createKafkaClient(options), async (broker, open) => {
      const problems = checkVersions(broker.versions, where, { createTopics, sasl: options.sasl !== undefined })
      const description = await describeTopics(broker, topics, { rights: true })
      problems.push(...checkTopics(description.topics, where, createTopics))
      const internal = topics.filter((topic) => INTERNAL.includes(topic))
      if (internal.length > 0) problems.push(kafkaErrors.TOPICS_INTERNAL({ topics: internal.join(', ') }))
      const found = await reachOne(description, open)
      if (found instanceof BelfryError) return [...problems, found]
      const refused = sessionTimeout === undefined ? undefined : await checkSessionTimeout(found, where, sessionTimeout)
      return refused === undefined ? problems : [...problems, refused]
    })
  } catch (error) {
    return [error instanceof BelfryError ? error : connectionError(where, error)]
  }
}

/** Topics in which Kafka keeps the state of groups, transactions and the cluster. Kafka may create them as late as they are needed. */
const INTERNAL = ['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata']

/** Kafka's operation 3, among the rights to a topic. A consumer needs no other: a missing right to write is not a problem. */
const READ = 1 << 3

function checkTopics(topics: readonly TopicDescription[], where: string, mayCreate: boolean): BelfryError[] {
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
    problems.push(
      kafkaErrors.TOPICS_REFUSED({ where, topics: names, why: 'this user may describe them, but not read them' }),
    )
  }
  return problems
}

/** A broker, and its id in the cluster. */
interface Reached {
  readonly broker: Broker
  readonly nodeId: number
}

/** The bootstrap address need not be one that the brokers advertise: one of those must be reachable too. */
async function reachOne(
  { brokers }: ClusterDescription,
  open: (at: ClusterDescription['brokers'][number]) => Promise<Broker>,
): Promise<Reached | BelfryError> {
  try {
    return await Promise.any(brokers.map(async (at) => ({ broker: await open(at), nodeId: at.nodeId })))
  } catch (error) {
    const addresses = brokers.map(({ host, port }) => `${host}:${port}`).join(', ')
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error
    return kafkaErrors.KAFKA_ADDRESSES_UNREACHABLE({ addresses, why: whyOf(first) }, { cause: error })
  }
}

/** Kafka's code for the settings of a broker. */
const BROKER_RESOURCE = 4
const [LEAST, MOST] = ['group.min.session.timeout.ms', 'group.max.session.timeout.ms']

/** Returns an error where this broker accepts no member with this timeout; undefined where it does, or where it does not report its settings. */
async function checkSessionTimeout(
  { broker, nodeId }: Reached,
  where: string,
  found: number,
): Promise<BelfryError | undefined> {
  // A broker reports its own settings alone. Where it does not, because it is too old or a right is missing, that alone is not a problem.
  const resource = { type: BROKER_RESOURCE, name: String(nodeId), configNames: [LEAST, MOST] }
  const settings = await broker.describeConfigs({ resources: [resource] }).catch(() => ({ resources: [] }))
  const values = new Map(
    settings.resources.flatMap(({ configEntries }) =>
      configEntries.map(({ configName, configValue }) => [configName, Number(configValue ?? Number.NaN)] as const),
    ),
  )
  const [least, most] = [values.get(LEAST), values.get(MOST)]
  if (least === undefined || most === undefined || !(found < least || found > most)) return undefined
  return kafkaErrors.KAFKA_SESSION_TIMEOUT_REFUSED({ where, found, least, most })
}
