import { type Aborted, type FetchedMessage, notesOf } from '../fetched-messages.ts'
import type { Batch } from '../internals/consumer-group.ts'

/**
 * Makes a batch count that was read, also where none of its records is left. kafkajs drops an empty batch, and takes the last record for
 * the end of what was read: where compaction has left an empty batch, it fetches the same offset for ever.
 */
export function makeWhole(batch: Batch): void {
  const { last, aborted = [] } = notesOf(batch.rawMessages)
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
 * Returns the records that are not of aborted transactions, as Kafka's own consumer does. kafkajs expects the list of aborted transactions
 * to be ordered, begins at most one of them at a record, and ends one at any record whose key resembles a marker: it hands out records
 * that were aborted.
 */
function withoutAborted(messages: readonly FetchedMessage[], from: bigint, aborted: readonly Aborted[]) {
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
