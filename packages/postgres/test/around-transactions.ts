import type { Kysely, KyselyPlugin, Transaction } from 'kysely'
import type { Database } from '../src/index.ts'
import type { Tables } from '../src/schema/tables.ts'

/** What is done around every transaction: before it begins, as the last thing in it, and as the first after its commit. */
export interface Around {
  begin?(): Promise<void>
  before?(trx: Transaction<Tables>): Promise<void> | void
  after?(): void
}

const nothing: KyselyPlugin = { transformQuery: ({ node }) => node, transformResult: async ({ result }) => result }

/** The same database, with something done around its transactions; `plugin` sees its queries. */
export function aroundTransactions(database: Database, around: Around, plugin = nothing): Database {
  const wrap = (inner: Kysely<Tables>): Kysely<Tables> => {
    // Another Kysely, so that the one that it came from stays as it is.
    const db = inner.withPlugin(plugin)
    const begin = db.transaction.bind(db)
    return Object.assign(db, { transaction: () => surrounded(begin(), around) })
  }
  const db = wrap(database.db)
  return { ...database, db, background: database.background === database.db ? db : wrap(database.background) }
}

type Builder = ReturnType<Kysely<Tables>['transaction']>

function surrounded(builder: Builder, around: Around): Builder {
  const { begin = async () => {}, before = () => {}, after = () => {} } = around
  const execute = builder.execute.bind(builder)
  const setIsolationLevel = builder.setIsolationLevel.bind(builder)
  return Object.assign(builder, {
    setIsolationLevel: (level: Parameters<Builder['setIsolationLevel']>[0]) =>
      surrounded(setIsolationLevel(level), around),
    async execute<T>(run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
      await begin()
      const result = await execute(async (trx) => {
        const answer = await run(trx)
        await before(trx)
        return answer
      })
      after()
      return result
    },
  })
}
