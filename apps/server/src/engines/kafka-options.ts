import { didYouMean } from '@belfry/contracts/check'
import type { Problem } from '@belfry/contracts/errors'
import type { Logger } from '@belfry/core'
import type { KafkaOptions, KafkaPublisherOptions, KafkaSourceOptions } from '@belfry/kafka'
import { isLoopback } from '../config/is-loopback.ts'
import type { Config } from '../config/schema.ts'
import { tlsOptionsOf } from './tls-options.ts'

/** A warning names no more brokers. */
const MAX_BROKERS_NAMED = 5

/** The section kafka. */
export type KafkaConfig = NonNullable<Config['kafka']>

/**
 * How brokers are reached, as it is configured.
 * @throws TLS_FILE_UNUSABLE, TLS_INCOMPLETE, as all that use it do
 */
export function clientOptionsOf(
  { bootstrap_servers, client_id, tls, sasl }: KafkaConfig,
  logger: Logger,
): KafkaOptions {
  return {
    bootstrapServers: bootstrap_servers,
    clientId: client_id,
    logger,
    ...(tls !== undefined && { tls: tlsOptionsOf('kafka', tls) }),
    ...(sasl !== undefined && {
      sasl: {
        mechanism: sasl.mechanism,
        ...(sasl.username !== undefined && { username: sasl.username }),
        ...(sasl.password !== undefined && { password: sasl.password }),
        ...(sasl.token !== undefined && { token: sasl.token }),
      },
    }),
  }
}

/** The options of a source, as it is configured. */
export function sourceOptionsOf(kafka: KafkaConfig, logger: Logger): KafkaSourceOptions {
  return {
    ...clientOptionsOf(kafka, logger),
    groupId: kafka.group_id,
    autoOffsetReset: kafka.auto_offset_reset,
    copyInterval: kafka.enable_auto_commit ? kafka.auto_commit_interval_ms : 0,
    sessionTimeout: kafka.session_timeout_ms,
    heartbeatInterval: kafka.heartbeat_interval_ms,
    topicNames: kafka.topic_names,
    maxRecordBytes: kafka.max_record_bytes,
    queue: { records: kafka.queue_records, bytes: kafka.queue_bytes },
  }
}

/** The options of a publisher, as it is configured. */
export const publisherOptionsOf = (kafka: KafkaConfig, logger: Logger): KafkaPublisherOptions => ({
  ...clientOptionsOf(kafka, logger),
  topicNames: kafka.topic_names,
  maxRecordBytes: kafka.max_record_bytes,
})

/** What may be intended but should be checked, a sentence each. */
export function kafkaWarningsOf({ kafka }: Config): readonly string[] {
  if (kafka === undefined) return []
  const { tls, sasl, bootstrap_servers: brokers, heartbeat_interval_ms: heartbeat, session_timeout_ms: session } = kafka
  const remote = tls === undefined ? brokers.filter((broker) => !isLoopback(broker.replace(/:\d+$/, ''))) : []
  const warnings: string[] = []
  if (remote.length > 0)
    warnings.push(
      `the brokers at ${remote.slice(0, MAX_BROKERS_NAMED).join(', ')} are not on this machine, and there is no kafka.tls: events cross the network unencrypted`,
    )
  if (tls === undefined && sasl?.mechanism === 'plain')
    warnings.push('kafka.sasl is plain, and there is no kafka.tls: the password crosses the network unencrypted')
  if (heartbeat * 3 > session)
    warnings.push(
      `kafka.heartbeat_interval_ms is ${heartbeat}, more than a third of kafka.session_timeout_ms (${session}): a heartbeat that is lost may cost the session`,
    )
  return warnings
}

/**
 * What is wrong with `topic_names` and `envelope`, for these topics: an unknown topic among them would change nothing, and two topics of
 * one name would read one another's events.
 */
export function topicProblems(kafka: KafkaConfig, topics: readonly string[]): readonly Problem[] {
  const unknown = (['topic_names', 'envelope'] as const).flatMap((key) =>
    Object.keys(kafka[key])
      .filter((topic) => !topics.includes(topic))
      .map((topic): Problem => {
        const meant = didYouMean(topic, topics)
        return {
          path: `notification_service.kafka.${key}`,
          message: `has ${topic}, which is not a topic of a composed plugin${meant === undefined ? `; there are ${topics.join(', ')}` : `, did you mean ${meant}?`}`,
        }
      }),
  )
  const rivals = [...Map.groupBy(topics, (topic) => physicalName(kafka, topic))]
    .filter(([, some]) => some.length > 1)
    .map(([name, some]) => ({
      path: 'notification_service.kafka.topic_names',
      message: `leaves ${some.join(' and ')} with the same name ${JSON.stringify(name)}, expected a name for each`,
    }))
  return [...unknown, ...rivals]
}

/** The name of a topic on the brokers. */
export const physicalName = ({ topic_names: names }: KafkaConfig, topic: string): string =>
  Object.hasOwn(names, topic) ? (names[topic] ?? topic) : topic
