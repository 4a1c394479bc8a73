import { coreLimits } from '../limits.ts'

/**
 * Makes the question that a long loop asks before each step: answers nothing while the loop may go on, else what it has to wait for, so
 * that everything else in this thread has its turn. Loops that run side by side share one.
 */
export function createTurns(): () => Promise<void> | undefined {
  /** Pending until the event loop has turned. */
  let turn: Promise<void> | undefined
  let since = 0
  return () => {
    if (turn !== undefined) return performance.now() - since < coreLimits.UNBROKEN_WORK.most ? undefined : turn
    since = performance.now()
    turn = new Promise((resolve) =>
      setImmediate(() => {
        turn = undefined
        resolve()
      }),
    )
    return undefined
  }
}
