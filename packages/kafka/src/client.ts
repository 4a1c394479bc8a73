import { readFileSync } from 'node:fs'
import type { Log } from '@belfry/core'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { kafkaErrors } from './errors.ts'
import { writeTo } from './log-creator.ts'
import { mend } from './mend.ts'

/** Where Kafka is, and how it is spoken to. */
export interface KafkaOptions {
  /** host:port of some brokers; the others are learnt from them. */
  readonly bootstrapServers: readonly string[]
  readonly clientId: string
  /** Present: connect with TLS. Files are PEM. */
  readonly tls?: {
    readonly caFile?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly rejectUnauthorized?: boolean
  }
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
 * A client of kafkajs, mended. It tries little by itself and never restarts a consumer: that is for whoever watches over it.
 * @throws KAFKAJS_OTHER, KAFKA_TLS_FILE_UNREADABLE, KAFKA_SASL_INCOMPLETE
 */
export function createKafkaClient(options: KafkaOptions): Kafka {
  mend()
  const { bootstrapServers, clientId, tls, sasl, log } = options
  return new Kafka({
    brokers: [...bootstrapServers],
    clientId,
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 15_000,
    enforceRequestTimeout: true,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    // More than this would write the bytes of requests and answers.
    logLevel: logLevel.INFO,
    logCreator: () => writeTo(log),
    ...(tls && { ssl: tlsOf(tls) }),
    ...(sasl && { sasl: saslOf(sasl) }),
  })
}

function tlsOf({ caFile, certFile, keyFile, rejectUnauthorized = true }: NonNullable<KafkaOptions['tls']>) {
  return {
    rejectUnauthorized,
    ...(caFile !== undefined && { ca: textOf(caFile) }),
    ...(certFile !== undefined && { cert: textOf(certFile) }),
    ...(keyFile !== undefined && { key: textOf(keyFile) }),
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw kafkaErrors.KAFKA_TLS_FILE_UNREADABLE({ file, why }, { cause: error })
  }
}

function saslOf({ mechanism, username, password, token }: NonNullable<KafkaOptions['sasl']>): SASLOptions {
  if (mechanism === 'oauthbearer') {
    if (token === undefined) throw kafkaErrors.KAFKA_SASL_INCOMPLETE({ mechanism, what: 'a token' })
    const value = typeof token === 'string' ? () => token : token
    return { mechanism, oauthBearerProvider: async () => ({ value: await value() }) }
  }
  if (username === undefined || password === undefined)
    throw kafkaErrors.KAFKA_SASL_INCOMPLETE({ mechanism, what: 'a username and a password' })
  return { mechanism, username, password }
}
