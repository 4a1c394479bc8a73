import Type from 'typebox'
import { Duration } from './duration.ts'
import { text, whole } from './fields.ts'
import { Tls } from './tls-section.ts'

/** The section `postgres`. */
export const Postgres = Type.Object({
  url: text('the database', { pattern: '^postgres(ql)?://', description: 'postgres://user@host:port/database' }),
  session_url: Type.Optional(
    text('the same database without the pooler, where a transaction pooler stands before url', {
      pattern: '^postgres(ql)?://',
      description: 'postgres://user@host:port/database',
    }),
  ),
  pool_size: whole('connections for requests', 1, 1_000, { default: 10 }),
  intake_pool_size: whole('connections for the intake and for upkeep', 2, 1_000, { default: 4 }),
  statement_timeout: Duration(
    'how long a statement of the intake may take, from 1s to 1h; then it is tried again',
    '30s',
  ),
  tls: Type.Optional(Tls('a server')),
})
