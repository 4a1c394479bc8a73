import type { Kysely, KyselyPlugin, Transaction } from 'kysely'
import type { Database } from '../../src/index.ts'
import type { Tables } from '../../src/tables.ts'

/** What is done around every transaction: the last thing in it, and the first after its commit. */
export interface Around {
  before(trx: Transaction<Tables>): Promise<void> | void
  after?(): void
}

const nothing: KyselyPlugin = { transformQuery: ({ node }) => node, transformResult: async ({ result }) => result }

/** The same database, with something done around its transactions; `plugin` sees its queries. */
export function aroundTransactions(
  database: Database,
  { before, after = () => {} }: Around,
  plugin = nothing,
): Database {
  const wrap = (inner: Kysely<Tables>): Kysely<Tables> => {
    // Another Kysely, so that the one that it came from stays as it is.
    const db = inner.withPlugin(plugin)
    const begin = db.transaction.bind(db)
    const transaction = () => {
      const builder = begin()
      const execute = builder.execute.bind(builder)
      return Object.assign(builder, {
        async execute<T>(run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
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
    return Object.assign(db, { transaction })
  }
  const db = wrap(database.db)
  return { ...database, db, background: database.background === database.db ? db : wrap(database.background) }
}
