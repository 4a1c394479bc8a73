import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { postgresErrors } from '../errors.ts'
import * as inbox from '../migrations/0001-inbox.ts'
import * as promises from '../migrations/0002-promises.ts'
import * as failover from '../migrations/0003-failover.ts'
import * as reached from '../migrations/0004-reached.ts'
import * as outside from '../migrations/0005-outside.ts'
import * as fanOutSteps from '../migrations/0006-fan-out-steps.ts'
import * as letterKeys from '../migrations/0007-letter-keys.ts'
import * as content from '../migrations/0008-content.ts'
import * as letterLists from '../migrations/0009-letter-lists.ts'
import type { Tables } from './tables.ts'

/** Every migration by name, in order. They only add, so that the version before keeps working while a rolling restart lasts. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-inbox': inbox,
  '0002-promises': promises,
  '0003-failover': failover,
  '0004-reached': reached,
  '0005-outside': outside,
  '0006-fan-out-steps': fanOutSteps,
  '0007-letter-keys': letterKeys,
  '0008-content': content,
  '0009-letter-lists': letterLists,
}

/**
 * Brings the store up to this version, under the migrator's lock.
 * @throws STORE_NEWER when a newer version has been here.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    allowUnorderedMigrations: false,
  })
  await refuseNewer(db)
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}

/**
 * Sees that no newer version has migrated the store; changes nothing.
 * @throws STORE_NEWER
 */
export async function refuseNewer(db: Kysely<Tables>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return
  const done = await db
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute()
  const found = done.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name))
  if (found.length > 0) throw postgresErrors.STORE_NEWER({ found: found.join(', ') })
}
