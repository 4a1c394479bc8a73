import type { ConnectionOptions } from 'node:tls'
import type { Log } from '@belfry/core'
import { Kafka, logLevel, type Mechanism, type SASLOptions } from 'kafkajs'
import { kafkaErrors } from '../errors.ts'
import { internal } from './internals/internals.ts'
import { writeTo } from './log-creator.ts'
import { oauthBearer } from './oauth-bearer.ts'
import { patch } from './patch.ts'
import { tolerateMissingTopics } from './patches/broker-pool.ts'

/** Where Kafka is, and how it is spoken to. */
export interface KafkaOptions {
  /** host:port of some brokers, an IPv6 address in brackets; the others are learnt from them. */
  readonly bootstrapServers: readonly string[]
  readonly clientId: string
  /** Present: connect with TLS. */
  readonly tls?: ConnectionOptions
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer'
    readonly username?: string
    readonly password?: string
    /** For oauthbearer: the token, or what gives the current one at each connection. */
    readonly token?: string | (() => string | Promise<string>)
  }
  readonly log: Log
}

/**
 * A client of the patched kafkajs. It tries little by itself and never restarts a consumer: that is for whoever watches over it.
 * @throws KAFKAJS_OTHER, KAFKA_SASL_INCOMPLETE
 */
export function createKafkaClient(options: KafkaOptions): Kafka {
  patch()
  const { bootstrapServers, clientId, tls, sasl, log } = options
  const connect = internal('createSocketFactory')()
  const kafka = new Kafka({
    brokers: bootstrapServers.map(withoutColons),
    socketFactory: (to) => connect({ ...to, host: withColons(to.host) }),
    clientId,
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    // Whoever hangs has lost what it led by then, unless brokers were told to wait longer for one another.
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    // More than this would write the bytes of requests and answers.
    logLevel: logLevel.INFO,
    logCreator: () => writeTo(log),
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: saslOf(sasl) }),
  })
  tolerateMissingTopics(kafka)
  return kafka
}

/** kafkajs takes for the host what stands before the first colon: those of an IPv6 address in brackets are hidden from it. */
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
