import type { SourceRecord } from '@belfry/core'

/** Excess memory that is not worth a copy. */
const MIN_EXCESS_BYTES = 65_536

/**
 * Returns these records, copied where they are the smaller part of the memory that they keep: the answer or the decompressed batch that
 * holds them would stay in memory as long as any of them waits.
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
  return all <= 2 * own + MIN_EXCESS_BYTES
    ? records
    : records.map((record) => ({ ...record, key: copyOf(record.key), value: copyOf(record.value) }))
}

const copyOf = (bytes: Uint8Array | null): Uint8Array | null => bytes && Buffer.from(bytes)
