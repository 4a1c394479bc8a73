import { coreErrors } from '@belfry/core'
import { IS_REPLICA } from './reach-postgres.ts'

/**
 * The store's epoch and the timeline of the server, which changes with each failover to a replica. A replica returns null: its timeline is
 * decided when it is promoted.
 */
const READ_EPOCH = `select case when not pg_is_in_recovery()
  then epoch || '.' || ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0') end as epoch from store`

/** Milliseconds after which the epoch is read again before a connection is used: another process may have renewed it. */
const MAX_AGE_MS = 1_000

/** Runs a statement on a connection. */
type Query = (statement: string) => Promise<{ readonly rows: readonly { readonly epoch: string | null }[] }>

/** The epoch of the store: it names the store's history. */
export interface Epoch {
  /** As it was read last. */
  readonly value: string
  /** @throws STORE_UNAVAILABLE where the server only reads */
  read(query: Query): Promise<void>
  readIfOld(query: Query): Promise<void>
}

/** Keeps the latest epoch. `clock` returns milliseconds, from any beginning. */
export function createEpoch(clock: () => number = () => performance.now()): Epoch {
  let value = ''
  let reads = 0
  let readAt = Number.NEGATIVE_INFINITY
  /** The latest read that has been answered. */
  let answered = 0
  const read = async (query: Query): Promise<void> => {
    const number = ++reads
    readAt = clock()
    const [row] = (await query(READ_EPOCH)).rows
    if (row?.epoch === null) throw coreErrors.STORE_UNAVAILABLE({ why: IS_REPLICA })
    // A read that began earlier may be answered later than another, with what was true before.
    if (number < answered) return
    answered = number
    value = row?.epoch ?? value
  }
  return {
    get value() {
      return value
    },
    read,
    readIfOld: async (query) => {
      if (clock() - readAt >= MAX_AGE_MS) await read(query)
    },
  }
}
