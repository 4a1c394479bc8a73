import { coreErrors } from '@belfry/core'
import { ONLY_READS } from './reach-postgres.ts'

/**
 * The store's name, and the timeline of the server, which is another one after each failover to a replica. A replica has none: which
 * timeline it will be on is not known before it is promoted.
 */
const EPOCH = `select case when not pg_is_in_recovery()
  then epoch || '.' || ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0') end as epoch from store`

/** What was read longer ago than so many milliseconds is read again before a connection is used: others may have renewed it. */
const OLD = 1_000

/** Runs a statement on some connection. */
type Ask = (statement: string) => Promise<{ readonly rows: readonly { readonly epoch: string | null }[] }>

/** What names the store's history, as far as this process knows. */
export interface Epoch {
  readonly value: string
  /** @throws STORE_UNAVAILABLE where the server only reads */
  read(ask: Ask): Promise<void>
  readIfOld(ask: Ask): Promise<void>
}

/** Keeps the latest answer. `clock` answers milliseconds, from any beginning. */
export function createEpoch(clock: () => number = () => performance.now()): Epoch {
  let value = ''
  let asked = 0
  let askedAt = Number.NEGATIVE_INFINITY
  let answered = 0
  const read = async (ask: Ask): Promise<void> => {
    const number = ++asked
    askedAt = clock()
    const [row] = (await ask(EPOCH)).rows
    if (row?.epoch === null) throw coreErrors.STORE_UNAVAILABLE({ why: ONLY_READS })
    // Who was asked before another may answer after them, with what was true before.
    if (number < answered) return
    answered = number
    value = row?.epoch ?? value
  }
  return {
    get value() {
      return value
    },
    read,
    readIfOld: async (ask) => {
      if (clock() - askedAt >= OLD) await read(ask)
    },
  }
}
