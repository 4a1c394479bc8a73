/** Work that waits in a line: only some of it is under way at once, in the order in which it came. */
export interface Line {
  /**
   * Does the work once it is its turn. Its place is free again when the work has ended, or at once where `signal` is aborted while it
   * waits.
   * @throws what `full` makes where the line is full, and the signal's reason
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How much is under way or waits. */
  readonly length: number
}

export interface LineOptions {
  /** How much is under way at once. */
  readonly atOnce: number
  /** How much may wait behind it. */
  readonly waiting: number
  /** Makes the error for what finds no place. */
  readonly full: () => Error
}

/** Makes a line that is empty. */
export function createLine({ atOnce, waiting: most, full }: LineOptions): Line {
  let under = 0
  const waiting = new Set<() => void>()

  const turn = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted()
    if (under < atOnce) {
      under++
      return
    }
    if (waiting.size >= most) throw full()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = () => {
      if (waiting.delete(resolve)) reject(signal?.reason)
    }
    waiting.add(resolve)
    signal?.addEventListener('abort', leave, { once: true })
    await promise.finally(() => signal?.removeEventListener('abort', leave))
  }
  /** Hands the place on, so that what comes meanwhile does not take it. */
  const end = () => {
    const [next] = waiting
    if (next === undefined) under--
    else {
      waiting.delete(next)
      next()
    }
  }

  return {
    async run(work, signal) {
      await turn(signal)
      try {
        return await work()
      } finally {
        end()
      }
    },
    get length() {
      return under + waiting.size
    },
  }
}
