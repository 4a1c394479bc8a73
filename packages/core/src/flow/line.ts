/** A line of work: some of it is under way at once, and the rest waits, in the order in which it came. */
export interface Line {
  /**
   * Does the work once it is its turn. Its place is free again when the work has ended, or at once where `signal` is aborted while the
   * work waits.
   * @throws what `full` makes where the line is full, and the signal's reason
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How many pieces of work are under way or wait. */
  readonly length: number
}

export interface LineOptions {
  /** How many pieces of work may be under way at once. */
  readonly atOnce: number
  /** How many more may wait. */
  readonly waiting: number
  /** Makes the error for work that the line has no place for. */
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
  /** Gives the place to the next in line at once, so that later work cannot take it. */
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
