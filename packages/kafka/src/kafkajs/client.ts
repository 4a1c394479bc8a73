import type { ConnectionOptions } from 'node:tls'
import type { Logger } from '@belfry/core'
import { Kafka, logLevel, type Mechanism, type SASLOptions } from 'kafkajs'
import { kafkaErrors } from '../errors.ts'
import { internal } from './internals/internals.ts'
import { writeTo } from './log-creator.ts'
import { oauthBearer } from './oauth-bearer.ts'
import { patch } from './patch.ts'
import { tolerateMissingTopics } from './patches/broker-pool.ts'

/** Where Kafka is, and how clients connect to it. */
export interface KafkaOptions {
  /** host:port of some brokers, an IPv6 address in brackets; these report the others. */
  readonly bootstrapServers: readonly string[]
  readonly clientId: string
  /** Present: connect with TLS. */
  readonly tls?: ConnectionOptions
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer'
    readonly username?: string
    readonly password?: string
    /** For oauthbearer: the token, or a function that returns the current one at each connection. */
    readonly token?: string | (() => string | Promise<string>)
  }
  readonly logger: Logger
}

/**
 * Makes a client of the patched kafkajs. It retries little and never restarts a consumer: its caller does that.
 * @throws KAFKAJS_OTHER, KAFKA_SASL_INCOMPLETE
 */
export function createKafkaClient(options: KafkaOptions): Kafka {
  patch()
  const { bootstrapServers, clientId, tls, sasl, logger } = options
  const connect = internal('createSocketFactory')()
  const kafka = new Kafka({
    brokers: bootstrapServers.map(withoutColons),
    socketFactory: (to) => connect({ ...to, host: withColons(to.host) }),
    clientId,
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    // A broker that hangs this long has lost its partitions to others, unless the brokers are configured to wait longer for one another.
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    // The next level would log the bytes of requests and answers.
    logLevel: logLevel.INFO,
    logCreator: () => writeTo(logger),
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: saslOf(sasl) }),
  })
  tolerateMissingTopics(kafka)
  return kafka
}

/** kafkajs takes what is before the first colon for the host: the colons of an IPv6 address in brackets are replaced for it. */
const withoutColons = (address: string): string => address.replace(/^\[.*\]/, (host) => host.replaceAll(':', ';'))
const withColons = (host: string): string => host.replace(/^\[(.*)\]$/, (_, ip: string) => ip.replaceAll(';', ':'))

function saslOf({ mechanism, username, password, token }: NonNullable<KafkaOptions['sasl']>): SASLOptions | Mechanism {
  if (mechanism === 'oauthbearer') {
    if (token === undefined) throw kafkaErrors.KAFKA_SASL_INCOMPLETE({ mechanism, what: 'a token' })
    return oauthBearer(typeof token === 'string' ? () => token : token)
  }
  if (username === undefined || password === undefined)
    throw kafkaErrors.KAFKA_SASL_INCOMPLETE({ mechanism, what: 'a username and a password' })
  const options: SASLOptions = { mechanism, username, password }
  return options
}
