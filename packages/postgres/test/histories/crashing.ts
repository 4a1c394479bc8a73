import type { Kysely, KyselyPlugin, Transaction } from 'kysely'
import type { Database } from '../../src/index.ts'
import type { Tables } from '../../src/tables.ts'

/** What breaks: the statement of this number, counted from one, before or after it is done; 0 is the COMMIT. */
export interface Crash {
  readonly at: number
  readonly done: boolean
}

const broken = () => Object.assign(new Error('the connection broke'), { code: '08006' })

/** A database that breaks once, as it is told, and works again after. */
export function crashing(database: Database) {
  let crash: Crash | undefined
  let statements = 0
  const breakAt = (at: number, done: boolean) => {
    if (crash?.at !== at || crash.done !== done) return
    crash = undefined
    throw broken()
  }
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      breakAt(++statements, false)
      return node
    },
    async transformResult({ result }) {
      breakAt(statements, true)
      return result
    },
  }
  const wrap = (inner: Kysely<Tables>): Kysely<Tables> => {
    const db = inner.withPlugin(plugin)
    const begin = db.transaction.bind(db)
    const transaction = () => {
      const builder = begin()
      const execute = builder.execute.bind(builder)
      return Object.assign(builder, {
        async execute<T>(run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
          const result = await execute(async (trx) => {
            const answer = await run(trx)
            breakAt(0, false)
            return answer
          })
          breakAt(0, true)
          return result
        },
      })
    }
    return Object.assign(db, { transaction })
  }
  const db = wrap(database.db)
  const background = database.background === database.db ? db : wrap(database.background)
  return {
    database: { ...database, db, background },
    arm: async (next: Crash | undefined) => {
      crash = next
      statements = 0
    },
  }
}
