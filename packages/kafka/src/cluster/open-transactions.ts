import type { AllBounds } from './log-bounds.ts'
import { partitionInWords, partitionName, shortList } from './partition-name.ts'

/** The partitions that are blocked by transactions which their producers leave open: no record that follows is read before they end. */
export interface OpenTransactions {
  /** Compares the bounds of these partitions with those of the update before. */
  update(partitions: Iterable<{ readonly topic: string; readonly partition: number }>, bounds: AllBounds): void
  /** The partitions that the same transaction blocked at the last two updates, in words. */
  trouble(): string | undefined
}

export function createOpenTransactions(): OpenTransactions {
  /** Where the first open transaction begins, by partition. */
  let open = new Map<string, number>()
  let blocked: readonly string[] = []
  return {
    update(partitions, bounds) {
      const before = open
      open = new Map()
      blocked = [...partitions].flatMap((one) => {
        const found = bounds.get(one.topic)?.get(one.partition)
        if (found === undefined || found.high >= found.end) return []
        open.set(partitionName(one), found.high)
        return before.get(partitionName(one)) === found.high ? `${partitionInWords(one)} at ${found.high}` : []
      })
    },
    trouble: () => (blocked.length > 0 ? `an open transaction blocks ${shortList(blocked)}` : undefined),
  }
}
