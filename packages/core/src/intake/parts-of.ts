import type { Chunk, SourceRecord } from '../ports/source.ts'

/** How much is decoded at once. */
export interface PartLimits {
  readonly records: number
  readonly bytes: number
}

/** Cuts what was taken into parts, in order. Each has at most what `most` returns when it is begun, or one record. */
export function* partsOf(chunks: readonly Chunk[], most: () => PartLimits): Generator<readonly Chunk[]> {
  let part: Chunk[] = []
  let limits = most()
  let [records, bytes] = [0, 0]
  for (const chunk of chunks) {
    let begun = 0
    for (const [index, record] of chunk.records.entries()) {
      const more = bytesOf(record)
      if (records > 0 && (records >= limits.records || bytes + more > limits.bytes)) {
        if (index > begun) part.push(cut(chunk, begun, index))
        yield part
        part = []
        begun = index
        limits = most()
        records = 0
        bytes = 0
      }
      records++
      bytes += more
    }
    // A chunk without records moves its position too.
    part.push(begun === 0 ? chunk : cut(chunk, begun, chunk.records.length))
  }
  if (part.length > 0) yield part
}

/** The records from `start` to `end`, with the positions before and after them; what the log has lost comes before the first. */
function cut(chunk: Chunk, start: number, end: number): Chunk {
  const { gone, ...rest } = chunk
  const [first, after] = [chunk.records[start], chunk.records[end]]
  return {
    ...rest,
    from: start === 0 || first === undefined ? chunk.from : first.offset,
    next: after === undefined ? chunk.next : after.offset,
    records: chunk.records.slice(start, end),
    ...(start === 0 && gone !== undefined && { gone }),
  }
}

function bytesOf({ key, value, headers }: SourceRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0)
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}
