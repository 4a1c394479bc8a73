import type { Kysely, QueryExecutorProvider, Transaction } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/**
 * Runs a transaction in which each statement sees what others have committed before it, whatever the database's default is: locks are
 * taken first, and what they guard is read after.
 */
export const transact = <T>(db: Kysely<Tables>, run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
  db.transaction().setIsolationLevel('read committed').execute(run)

/** What statements are executed by: a transaction, which waits for the answer of each, or its pipeline. */
export type Executor = QueryExecutorProvider

/**
 * The pipeline of a transaction: a statement is sent as soon as it is executed, and the server runs one after the other, in the order in
 * which they were sent. Statements that do not depend on one another's results then cost one round trip. Once one of them fails, all later ones do.
 */
export function pipelineOf(trx: Transaction<Tables>): Promise<Executor> {
  const executor = trx.getExecutor()
  return executor.provideConnection(async (connection) => {
    const pipeline = executor.withConnectionProvider({ provideConnection: (run) => run(connection) })
    return { getExecutor: () => pipeline }
  })
}

/** The SQLSTATE of a statement behind one that has failed: the cause is in the error of the other. */
const ABORTED = '25P02'

/**
 * Waits until all statements that were sent together are answered.
 * @throws the error of the one that failed by itself, whichever answer is noticed first
 */
export async function answersOf<Sent extends readonly unknown[]>(
  sent: Sent,
): Promise<{ -readonly [Index in keyof Sent]: Awaited<Sent[Index]> }> {
  const answers = await Promise.allSettled(sent)
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  if (errors.length > 0) throw errors.find((error) => !isAborted(error)) ?? errors[0]
  return Promise.all(sent)
}

const isAborted = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === ABORTED
