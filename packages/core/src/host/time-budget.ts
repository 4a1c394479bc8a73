import type { Incoming } from './incoming.ts'

/** Returns which events are still given to their handlers once the time for all of them is over. */
export interface TimeBudget {
  /** Whether the event at this index is. The first of each partition always is, or the partition would stand still. */
  allows(index: number): boolean
  /** An event of this type has taken this long, in milliseconds. */
  spend(type: string, ms: number): void
}

/** Event types that have taken less than this in all, in milliseconds, are allowed after the time is over. */
const QUICK_TYPE_MS = 250

/** @param until a moment of `performance.now()`; without it the time is never over */
export function createTimeBudget(incoming: readonly Incoming[], until = Number.POSITIVE_INFINITY): TimeBudget {
  const spent = new Map<string, number>()
  const isFirst = (index: number): boolean => {
    const { topic, partition } = incoming[index]?.place ?? {}
    return incoming.findIndex(({ place }) => place?.topic === topic && place?.partition === partition) === index
  }
  return {
    allows(index) {
      if (performance.now() <= until) return true
      return (spent.get(incoming[index]?.event.type ?? '') ?? 0) < QUICK_TYPE_MS || isFirst(index)
    },
    spend(type, ms) {
      spent.set(type, (spent.get(type) ?? 0) + ms)
    },
  }
}
