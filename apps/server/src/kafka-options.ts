import type { Log } from '@belfry/core'
import type { KafkaOptions, KafkaPublisherOptions, KafkaSourceOptions } from '@belfry/kafka'
import type { Config } from './config/schema.ts'
import { tlsOptionsOf } from './tls-options.ts'

/** The section kafka. */
export type KafkaConfig = NonNullable<Config['kafka']>

/** How brokers are reached, of the configuration. */
export function clientOptionsOf({ bootstrap_servers, client_id, tls, sasl }: KafkaConfig, log: Log): KafkaOptions {
  return {
    ...{ bootstrapServers: bootstrap_servers, clientId: client_id, log },
    ...(tls !== undefined && { tls: tlsOptionsOf(tls) }),
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

/** What a source is made of, of the configuration. */
export function sourceOptionsOf(kafka: KafkaConfig, log: Log): KafkaSourceOptions {
  return {
    ...clientOptionsOf(kafka, log),
    groupId: kafka.group_id,
    autoOffsetReset: kafka.auto_offset_reset,
    copyInterval: kafka.enable_auto_commit ? kafka.auto_commit_interval_ms : 0,
    sessionTimeout: kafka.session_timeout_ms,
    heartbeatInterval: kafka.heartbeat_interval_ms,
    topicNames: kafka.topic_names,
    queue: { records: kafka.queue_records, bytes: kafka.queue_bytes },
  }
}

/** What a publisher is made of, of the configuration. */
export const publisherOptionsOf = (kafka: KafkaConfig, log: Log): KafkaPublisherOptions => ({
  ...clientOptionsOf(kafka, log),
  topicNames: kafka.topic_names,
})

/** What may be meant but deserves a look, a sentence each. */
export function warningsOf({ kafka }: Config): readonly string[] {
  if (kafka === undefined || kafka.heartbeat_interval_ms * 3 <= kafka.session_timeout_ms) return []
  return [
    `kafka.heartbeat_interval_ms is ${kafka.heartbeat_interval_ms}, more than a third of kafka.session_timeout_ms (${kafka.session_timeout_ms}): a heartbeat that is lost may cost the session`,
  ]
}

/** The name of a topic on the brokers. */
export const physicalName = ({ topic_names: names }: KafkaConfig, topic: string): string =>
  Object.hasOwn(names, topic) ? (names[topic] ?? topic) : topic
