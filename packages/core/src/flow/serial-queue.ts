/** Runs one piece of work at a time, in the order in which the pieces were added. */
export interface SerialQueue {
  /** Runs `work` once all that was added before has ended, also where it failed; settles as `work` does. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves once all that has been added so far has ended, also where it failed. */
  idle(): Promise<void>
}

/** Makes a queue that is empty. */
export function createSerialQueue(): SerialQueue {
  let tail: Promise<unknown> = Promise.resolve()
  return {
    run(work) {
      const done = tail.then(work)
      tail = done.catch(() => {})
      return done
    },
    async idle() {
      await tail
    },
  }
}
