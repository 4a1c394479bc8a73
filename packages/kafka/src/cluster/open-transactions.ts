import type { AllBounds } from './log-bounds.ts'
import { inShort, partitionInWords, partitionName } from './partition-name.ts'

/** What is held up by transactions that their producers leave open: nothing that follows is read before they end. */
export interface OpenTransactions {
  /** What these partitions hold now. */
  note(partitions: Iterable<{ readonly topic: string; readonly partition: number }>, bounds: AllBounds): void
  /** The partitions that were held up by the same transaction when it was noted before, in words. */
  trouble(): string | undefined
}

export function createOpenTransactions(): OpenTransactions {
  /** Where the first transaction that is open begins, by partition. */
  let open = new Map<string, number>()
  let held: readonly string[] = []
  return {
    note(partitions, bounds) {
      const before = open
      open = new Map()
      held = [...partitions].flatMap((one) => {
        const found = bounds.get(one.topic)?.get(one.partition)
        if (found === undefined || found.high >= found.end) return []
        open.set(partitionName(one), found.high)
        return before.get(partitionName(one)) === found.high ? `${partitionInWords(one)} at ${found.high}` : []
      })
    },
    trouble: () => (held.length > 0 ? `a transaction is open that holds up ${inShort(held)}` : undefined),
  }
}
