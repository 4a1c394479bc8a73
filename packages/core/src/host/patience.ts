import type { Incoming } from './incoming.ts'

/** Says which events are still given to their handlers, once the time for all of them is over. */
export interface Patience {
  /** Whether the event of this index is. The first of each partition always is, or the partition would stand still. */
  lasts(index: number): boolean
  /** An event of this type has taken this long, in milliseconds. */
  spend(type: string, ms: number): void
}

/** Events of a type that have taken less than this in all, in milliseconds, hold nothing back. */
const QUICK_MS = 250

/** @param until a moment of `performance.now()`; without it the time is never over */
export function createPatience(incoming: readonly Incoming[], until = Number.POSITIVE_INFINITY): Patience {
  const spent = new Map<string, number>()
  const isFirst = (index: number): boolean => {
    const { topic, partition } = incoming[index]?.place ?? {}
    return incoming.findIndex(({ place }) => place?.topic === topic && place?.partition === partition) === index
  }
  return {
    lasts(index) {
      if (performance.now() <= until) return true
      return (spent.get(incoming[index]?.event.type ?? '') ?? 0) < QUICK_MS || isFirst(index)
    },
    spend(type, ms) {
      spent.set(type, (spent.get(type) ?? 0) + ms)
    },
  }
}
