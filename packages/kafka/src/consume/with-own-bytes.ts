import type { SourceRecord } from '@belfry/core'

/** Memory that is not worth a copy. */
const LITTLE = 65_536

/**
 * These records, copied where they hold the smaller part of the memory that they stand in: an answer, or a batch that was decompressed,
 * would stay in memory as long as any of its records waits.
 */
export function withOwnBytes(records: readonly SourceRecord[]): readonly SourceRecord[] {
  const memory = new Set<ArrayBufferLike>()
  let own = 0
  for (const { key, value } of records)
    for (const part of [key, value])
      if (part !== null) {
        memory.add(part.buffer)
        own += part.byteLength
      }
  let all = 0
  for (const { byteLength } of memory) all += byteLength
  return all <= 2 * own + LITTLE
    ? records
    : records.map((record) => ({ ...record, key: copyOf(record.key), value: copyOf(record.value) }))
}

const copyOf = (bytes: Uint8Array | null): Uint8Array | null => bytes && Buffer.from(bytes)
