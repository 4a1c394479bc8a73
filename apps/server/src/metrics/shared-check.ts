/** An answer that costs something, made once for all who ask for it. */
export interface SharedCheck<T> {
  /** The answer that is kept, or that of the check under way; else a check begins. */
  ask(): Promise<T>
  /** What is known or under way is out of date: requests from now on get the answer of a later check. */
  forget(): void
}

/** An answer is kept for this long. */
const KEPT_MS = 1_000

/**
 * Shares a check: one is under way at a time, however many ask, and its answer is kept for a second, also where it is an error. A
 * request that goes away leaves nothing behind. `clock` answers milliseconds.
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
    ask() {
      if (next !== undefined) return next
      if (underWay !== undefined && !isStale) return underWay
      if (underWay !== undefined) {
        next = underWay.then(begin, begin)
        return next
      }
      // A clock that was set back says nothing of how old the answer is.
      if (kept !== undefined && Math.abs(clock() - kept.at) < KEPT_MS) return kept.answer
      return begin()
    },
    forget() {
      isStale = true
      kept = undefined
    },
  }
}
