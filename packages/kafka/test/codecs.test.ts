import { zstdCompressSync } from 'node:zlib'
import { CompressionTypes } from 'kafkajs'
import { compress } from 'snappyjs'
import { afterEach, describe, expect, it } from 'vitest'
import { patch } from '../src/kafkajs/patch.ts'
import { consume } from './consuming.ts'
import { smallBroker } from './small-broker.ts'
import { batchOf, holding, recordsOf, type StoredBatch } from './wire.ts'

patch()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
async function reading(batch: StoredBatch) {
  const broker = await smallBroker()
  open.push(broker)
  broker.partitions.get('events-0')?.batches.push(batch)
  const consuming = await consume(broker.address)
  open.push(consuming)
  return consuming
}

const { GZIP, Snappy, LZ4, ZSTD } = CompressionTypes
/** More than a block of any codec. */
const offsets = Array.from({ length: 100_000 }, (_, offset) => offset)
const values = offsets.map(String)

describe('the codecs', () => {
  it.each([
    ['gzip', GZIP],
    ['snappy', Snappy],
    ['lz4', LZ4],
    ['zstd', ZSTD],
  ])('read what they have written: %s', async (_, compression) => {
    const plain = await batchOf(0, offsets)
    const batch = await batchOf(0, offsets, { compression })
    expect(batch.bytes.length).toBeLessThan(plain.bytes.length)
    const { records } = await reading(batch)
    await expect.poll(() => records.get(0)).toEqual(values)
  })

  it('read bare snappy, and frames of it one after the other', async () => {
    const batch = await batchOf(0, offsets)
    const bare = await reading(holding(batch, Snappy, compress(Buffer.from(recordsOf(batch)))))
    await expect.poll(() => bare.records.get(0)).toEqual(values)

    const frames = [[0], [1]].map((half) => batchOf(0, half, { compression: Snappy }))
    const records = Buffer.concat((await Promise.all(frames)).map(recordsOf))
    const framed = await reading(holding(await batchOf(0, [0, 1]), Snappy, records))
    await expect.poll(() => framed.records.get(0)).toEqual(['0', '1'])
  })

  it('read several frames of zstd, one after the other', async () => {
    const batch = await batchOf(0, [0, 1])
    const records = recordsOf(batch)
    const frames = [records.subarray(0, 5), records.subarray(5)].map((part) => zstdCompressSync(part))
    const { records: read } = await reading(holding(batch, ZSTD, Buffer.concat(frames)))
    await expect.poll(() => read.get(0)).toEqual(['0', '1'])
  })
})
