import type { PostgresOptions } from '@belfry/postgres'
import { type Config, milliseconds } from './config/schema.ts'
import { tlsOptionsOf } from './tls-options.ts'

/**
 * Where Postgres is and how it is spoken to, of the configuration.
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
    ...{ url, poolSize: pool_size, backgroundPoolSize: intake_pool_size },
    statementTimeout: milliseconds(statement_timeout),
    ...(session_url !== undefined && { sessionUrl: session_url }),
    ...(tls !== undefined && { tls: tlsOptionsOf('postgres', tls) }),
  }
}
