/** A check that costs something, done once for all callers. */
export interface SharedCheck<T> {
  /** Returns the result that is kept, or that of the check under way; else starts a check. */
  run(): Promise<T>
  /** What is kept or under way is out of date: calls from now on get the result of a later check. */
  forget(): void
}

/** Milliseconds for which a result is kept. */
const KEPT_MS = 1_000

/**
 * Shares a check: one is under way at a time, however many callers there are, and its result is kept for a second, also where it is an
 * error. A request that is given up leaves nothing behind. `clock` returns milliseconds.
 */
export function shareCheck<T>(check: () => Promise<T>, clock: () => number = Date.now): SharedCheck<T> {
  let underWay: Promise<T> | undefined
  /** Begins when what is under way, which went out of date, has ended: there are never two. */
  let next: Promise<T> | undefined
  let kept: { readonly answer: Promise<T>; readonly at: number } | undefined
  let isStale = false

  const begin = (): Promise<T> => {
    next = undefined
    kept = undefined
    isStale = false
    const answer = check()
    const end = () => {
      underWay = undefined
      if (!isStale) kept = { answer, at: clock() }
    }
    underWay = answer
    answer.then(end, end)
    return answer
  }
  return {
    run() {
      if (next !== undefined) return next
      if (underWay !== undefined && !isStale) return underWay
      if (underWay !== undefined) {
        next = underWay.then(begin, begin)
        return next
      }
      // Where the clock was set back the age of the result is not known.
      if (kept !== undefined && Math.abs(clock() - kept.at) < KEPT_MS) return kept.answer
      return begin()
    },
    forget() {
      isStale = true
      kept = undefined
    },
  }
}
