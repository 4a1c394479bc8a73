import { effective, type PostgresOptions } from '@belfry/postgres'
import { milliseconds } from '../config/duration.ts'
import { isLoopback } from '../config/is-loopback.ts'
import type { Config } from '../config/schema.ts'
import { tlsOptionsOf } from './tls-options.ts'

/**
 * How Postgres is reached, as it is configured.
 * @throws TLS_FILE_UNUSABLE, TLS_INCOMPLETE
 */
export function postgresOptionsOf({
  url,
  session_url,
  pool_size,
  intake_pool_size,
  statement_timeout,
  tls,
}: NonNullable<Config['postgres']>): PostgresOptions {
  return {
    url,
    poolSize: pool_size,
    backgroundPoolSize: intake_pool_size,
    statementTimeout: milliseconds(statement_timeout),
    ...(session_url !== undefined && { sessionUrl: session_url }),
    ...(tls !== undefined && { tls: tlsOptionsOf('postgres', tls) }),
  }
}

/** What may be intended but should be checked, a sentence each. */
export function postgresWarningsOf({ postgres }: Config): readonly string[] {
  if (postgres === undefined || postgres.tls !== undefined) return []
  return (['url', 'session_url'] as const).flatMap((key) => {
    const url = postgres[key]
    if (url === undefined) return []
    const { host, ssl } = effective({}, url)
    // A path is a socket of this machine.
    if (host.startsWith('/') || isLoopback(host)) return []
    if (!ssl)
      return `postgres.${key} names ${host}, which is not this machine, and there is no postgres.tls: inboxes cross the network unencrypted`
    const isUnverified = typeof ssl === 'object' && 'rejectUnauthorized' in ssl && ssl.rejectUnauthorized === false
    return isUnverified
      ? `postgres.${key} names ${host}, which is not this machine, and its certificate is not verified: postgres.tls verifies it`
      : []
  })
}
