import type { Batch } from '../internals/consumer-group.ts'
import { type Aborted, type ReadMessage, readOf } from '../read.ts'

/**
 * Makes a batch that was read count, whatever is left of its records: kafkajs passes by those of which nothing is left in silence, takes
 * the last record for the end of what was read, and with it fetches the same offset for ever where compaction has left an empty batch.
 */
export function makeWhole(batch: Batch): void {
  const { last, aborted = [] } = readOf(batch.rawMessages)
  if (last === undefined) return
  const from = BigInt(batch.fetchedOffset)
  const end = String(last < from ? from - 1n : last)
  Object.assign(batch, {
    ...(aborted.length > 0 && { messages: withoutAborted(batch.rawMessages, from, aborted) }),
    isEmpty: () => false,
    lastOffset: () => end,
  })
}

/**
 * The records that happened, as Kafka's own consumer tells them. kafkajs takes the list of aborted transactions for ordered, begins at
 * most one of them a record, and ends one at any record whose key looks like a marker: it hands out records that were aborted.
 */
function withoutAborted(messages: readonly ReadMessage[], from: bigint, aborted: readonly Aborted[]) {
  const waiting = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, first: BigInt(firstOffset) }))
    .sort((a, b) => (a.first < b.first ? -1 : 1))
  const open = new Set<string>()
  return messages.filter(({ offset, key, isControlRecord, batchContext }) => {
    const at = BigInt(offset)
    while (waiting[0] !== undefined && waiting[0].first <= at) {
      open.add(waiting[0].producerId)
      waiting.shift()
    }
    const { producerId = '', inTransaction = false } = batchContext ?? {}
    if (isControlRecord) {
      if (isAbort(key)) open.delete(producerId)
      return false
    }
    return at >= from && !(inTransaction && open.has(producerId))
  })
}

/** A marker's key is its version and its type, two bytes each: 0 is an abort, 1 a commit. */
const isAbort = (key: Buffer | null): boolean => key !== null && key.length >= 4 && key.readInt16BE(2) === 0
