import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textsOf } from '../src/kafkajs/fetched-messages.ts'
import { decodeRecords } from '../src/kafkajs/records/decode-records.ts'
import { batchOf } from './wire.ts'

/** Headers as clients send them: names that differ little, values that repeat, and bytes of any kind. */
const value = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'é', '\ufffd', '1.0').map((text) => Buffer.from(text)),
  // As a character of Latin-1 it is the one above.
  fc.constant(Buffer.from('é', 'latin1')),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
)
const name = fc.constantFrom('ce_id', 'CE-x', 'é', 'x', '__proto__', 'toString', '')
const headers = fc
  .array(fc.tuple(name, fc.array(value, { minLength: 1, maxLength: 2 })), { maxLength: 5 })
  .map((all) => Object.fromEntries(all))

const room = () => ({ records: 1e9, decompressed: 1e9 })

describe('the headers of a record', () => {
  it('are the same as texts and as bytes, whatever the record before had', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { minLength: 2, maxLength: 4 }), async (records) => {
        for (const one of records) {
          const { bytes } = await batchOf(0, [0], { headers: one })
          const [own] = await decodeRecords(bytes, { from: 0, maxRecordBytes: 1_000_000 }, room())
          const [other] = await decodeRecords(bytes, { from: 0 }, room())
          const texts: [string, string][] = []
          const forms = new Set<string>()
          for (const [key, sent] of Object.entries(other?.headers ?? {})) {
            const last = [sent].flat().at(-1)
            if (last === undefined || last === null) throw new Error('a value was lost')
            texts.push([key, isUtf8(last) ? String(last) : last.toString('latin1')])
            if (!/^ce[-_]/i.test(key)) continue
            if (Array.isArray(sent)) forms.add('repeated_attributes')
            if (!isUtf8(last)) forms.add('latin1_attributes')
          }
          const read = textsOf(own ?? {})
          expect(Object.entries(read.headers).sort()).toEqual(texts.sort())
          expect([...(read.forms ?? [])].sort()).toEqual([...forms].sort())
        }
      }),
    )
  })
})
