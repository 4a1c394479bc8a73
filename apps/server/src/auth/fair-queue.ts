import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'

/** Starts work of several addresses in turn: much work of one address does not delay that of another. */
export interface FairQueue {
  /**
   * Does the work once it is the turn of the address that it comes from, and returns its result.
   * @throws TOO_MANY_REQUESTS where too much waits already
   */
  run<T>(from: string, work: () => Promise<T>): Promise<T>
}

export interface FairQueueOptions {
  /** Pieces of work that are under way at once. */
  readonly atOnce?: number
  /** Pieces of work that wait, in all and of one address. */
  readonly waiting?: number
  readonly waitingOfOne?: number
  /** Called where work is refused. */
  readonly onBeyond?: () => void
}

export function createFairQueue({
  atOnce = serverLimits.VERIFICATIONS.most,
  waiting = serverLimits.VERIFICATIONS_WAITING.most,
  waitingOfOne = serverLimits.VERIFICATIONS_WAITING_OF_ADDRESS.most,
  onBeyond = () => {},
}: FairQueueOptions = {}): FairQueue {
  /** By address, in the order of their turns. */
  const queues = new Map<string, (() => void)[]>()
  let underWay = 0
  let count = 0

  const next = () => {
    const [turn] = queues
    if (turn === undefined) return
    const [from, queue] = turn
    const begin = queue.shift()
    queues.delete(from)
    if (queue.length > 0) queues.set(from, queue)
    count--
    begin?.()
  }
  const waitForTurn = (from: string): Promise<void> => {
    const queue = queues.get(from) ?? []
    if (count >= waiting || queue.length >= waitingOfOne) {
      onBeyond()
      throw serverErrors.TOO_MANY_REQUESTS({ seconds: 1 })
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    queue.push(resolve)
    queues.set(from, queue)
    count++
    return promise
  }

  return {
    async run(from, work) {
      // Work that waits takes the place of work that has ended: new work does not come between.
      if (underWay >= atOnce) await waitForTurn(from)
      else underWay++
      try {
        return await work()
      } finally {
        if (count > 0) next()
        else underWay--
      }
    },
  }
}
