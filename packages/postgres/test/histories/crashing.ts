import type { KyselyPlugin } from 'kysely'
import type { Database } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'

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
  return {
    database: aroundTransactions(database, { before: () => breakAt(0, false), after: () => breakAt(0, true) }, plugin),
    arm: async (next: Crash | undefined) => {
      crash = next
      statements = 0
    },
  }
}
