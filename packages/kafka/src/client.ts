import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Log } from '@belfry/core'
import { Kafka, logLevel, type Mechanism, type SASLOptions } from 'kafkajs'
import { kafkaErrors } from './errors.ts'
import { writeTo } from './log-creator.ts'
import { mend } from './mend.ts'
import { oauthBearer } from './oauth-bearer.ts'
import { reasonOf } from './reason-of.ts'

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
 * @throws KAFKAJS_OTHER, KAFKA_TLS_FILE_UNUSABLE, KAFKA_TLS_INCOMPLETE, KAFKA_SASL_INCOMPLETE
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
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const [there, missing] = certFile === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file']
    throw kafkaErrors.KAFKA_TLS_INCOMPLETE({ there, missing })
  }
  return {
    rejectUnauthorized,
    ...(caFile !== undefined && { ca: read('ca_file', caFile, expectCertificate) }),
    ...(certFile !== undefined && { cert: read('cert_file', certFile, expectCertificate) }),
    ...(keyFile !== undefined && { key: read('key_file', keyFile, expectKey) }),
  }
}

/** Node's TLS passes by what is no certificate, and says much later, of something else, that it cannot trust a broker. */
function expectCertificate(text: string): void {
  try {
    new X509Certificate(text)
  } catch (error) {
    throw new Error('there is no certificate in it', { cause: error })
  }
}

function expectKey(text: string): void {
  try {
    createPrivateKey(text)
  } catch (error) {
    throw new Error('there is no private key in it that can be read without a passphrase', { cause: error })
  }
}

function read(key: string, file: string, expectContent: (text: string) => void): string {
  try {
    const text = readFileSync(file, 'utf8')
    expectContent(text)
    return text
  } catch (error) {
    throw kafkaErrors.KAFKA_TLS_FILE_UNUSABLE({ key, file, why: reasonOf(error) }, { cause: error })
  }
}

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
