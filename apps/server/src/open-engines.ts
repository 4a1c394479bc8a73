import type { Publisher, Render, Source, Store } from '@belfry/core'
import { checkPGlite, checkPostgres, createLog, createStore, openPGlite, openPostgres } from '@belfry/postgres'
import { type Config, milliseconds } from './config/schema.ts'

/** Where inboxes live, and where events come from. */
export interface Engines {
  readonly store: Store
  readonly source: Source
  readonly publisher: Publisher
}

/**
 * Opens what the configuration selects: Postgres where it has that section, else PGlite in a folder. `restored` says that the data
 * were restored from a copy; `onDoubt` is told whose inbox may have changed without a push, or that anybody's may.
 * @throws FOLDER_IN_USE, FOLDER_UNUSABLE, POSTGRES_UNREACHABLE, POSTGRES_TOO_OLD, POOLER_IN_TRANSACTION_MODE, SESSION_URL_ELSEWHERE,
 * TLS_FILE_UNREADABLE, STORE_NEWER
 */
export async function openEngines(
  { postgres, embedded: { folder } }: Config,
  render: Render,
  clock: () => number,
  restored: boolean,
  onDoubt: (person?: string) => void,
): Promise<Engines> {
  const database = await (postgres === undefined
    ? openPGlite({ folder, restored })
    : openPostgres({ ...optionsOf(postgres), restored }))
  return { store: await createStore(database, { render, clock, onDoubt }), ...createLog(database, { clock }) }
}

/**
 * Sees that what the configuration selects could be opened; makes and changes nothing.
 * @throws as `openEngines` does
 */
export async function checkEngines({ postgres, embedded: { folder } }: Config): Promise<void> {
  await (postgres === undefined ? checkPGlite(folder) : checkPostgres(optionsOf(postgres)))
}

function optionsOf({
  url,
  session_url,
  pool_size,
  intake_pool_size,
  statement_timeout,
  tls,
}: NonNullable<Config['postgres']>) {
  return {
    ...{ url, poolSize: pool_size, backgroundPoolSize: intake_pool_size },
    statementTimeout: milliseconds(statement_timeout),
    ...(session_url !== undefined && { sessionUrl: session_url }),
    ...(tls !== undefined && {
      tls: {
        rejectUnauthorized: tls.reject_unauthorized,
        ...(tls.ca_file !== undefined && { caFile: tls.ca_file }),
        ...(tls.cert_file !== undefined && { certFile: tls.cert_file }),
        ...(tls.key_file !== undefined && { keyFile: tls.key_file }),
      },
    }),
  }
}
