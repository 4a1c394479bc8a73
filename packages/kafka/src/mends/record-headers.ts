import { inside, replace } from './inside.ts'

/** What is used of kafkajs's Decoder, here that of a record. */
interface Decoder {
  readonly buffer: Buffer
  readonly offset: number
  readVarInt(): number
}
interface Header {
  readonly key: string | null
  readonly value: Buffer | null
}
/** The headers of a record. kafkajs makes of them what they are when they are reduced, and nothing else of any such list. */
interface Headers extends Iterable<Header> {
  reduce(): object
}
type ReadHeaders = (this: Decoder, read: (decoder: Decoder) => Header) => Headers

/** A header has at least two bytes: how long its key is, and its value. */
const LEAST = 2

/**
 * It copied all headers of a record for each of them: a record of 60 KB with ten thousand blocked its thread for two minutes. And it took
 * the number of headers for true, whatever bytes there were.
 */
export function mendRecordHeaders(): void {
  replace<ReadHeaders>(
    inside('protocol/decoder', 'prototype'),
    'readVarIntArray',
    () =>
      function (read) {
        const count = this.readVarInt()
        if (count * LEAST > this.buffer.length - this.offset)
          throw new RangeError(`a record cannot hold ${count} headers`)
        const headers = Array.from({ length: Math.max(0, count) }, () => read(this))
        return Object.assign(headers, { reduce: () => gather(headers) })
      },
  )
}

/** As own fields, whatever they are called; several of one name as a list, in their order. */
function gather(headers: readonly Header[]): object {
  const named = Map.groupBy(headers, ({ key }) => String(key))
  return Object.fromEntries(
    [...named].map(([name, some]) => {
      const values = some.map(({ value }) => value)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}
