/**
 * Called before each step of a long loop. Returns undefined while the loop may go on, else a promise that resolves once the event loop
 * has turned: the loop waits for it.
 */
export type YieldToLoop = () => Promise<void> | undefined

/**
 * Lets a long loop yield to everything else in its thread. Loops that run side by side share one.
 * @param maxMs milliseconds that a loop may go on without a turn of the event loop
 */
export function createYieldToLoop(maxMs: number): YieldToLoop {
  /** Pending until the event loop has turned. */
  let turn: Promise<void> | undefined
  let since = 0
  return () => {
    if (turn !== undefined) return performance.now() - since < maxMs ? undefined : turn
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
