import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'

/** Lets work begin in turn, place by place: what comes from many places at once holds up no other place. */
export interface FairQueue {
  /**
   * Answers what the work does, once it is the turn of where it comes from.
   * @throws TOO_MANY_REQUESTS where too much waits already
   */
  run<T>(from: string, work: () => Promise<T>): Promise<T>
}

export interface FairQueueOptions {
  /** How much is under way at once. */
  readonly atOnce?: number
  /** How much waits, in all and of one place. */
  readonly waiting?: number
  readonly waitingOfOne?: number
  /** Something was refused. */
  readonly onBeyond?: () => void
}

export function createFairQueue({
  atOnce = serverLimits.VERIFICATIONS.most,
  waiting = serverLimits.VERIFICATIONS_WAITING.most,
  waitingOfOne = serverLimits.VERIFICATIONS_WAITING_OF_ADDRESS.most,
  onBeyond = () => {},
}: FairQueueOptions = {}): FairQueue {
  /** By place, in the order of their turns. */
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
  const comeIn = (from: string): Promise<void> => {
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
      // Who is let in takes the place of who has ended: nobody comes between.
      if (underWay >= atOnce) await comeIn(from)
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
