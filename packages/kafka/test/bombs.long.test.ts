import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompressSync } from 'node:zlib'
import type { Chunk } from '@belfry/core'
import { CompressionTypes } from 'kafkajs'
import { afterEach, describe, expect, it } from 'vitest'
import { createKafkaPublisher, createKafkaSource } from '../src/index.ts'
import { bombOf, codecs, headOf, setOf, varint, type Written, zstd } from './bombs.ts'
import { consume } from './consuming.ts'
import { createLines, createPositions, takeUntil } from './on-kafka.ts'
import { smallBroker } from './small-broker.ts'
import { batchOf, holding, recordsOf, type StoredBatch } from './wire.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** A source of a broker with these batches in its first partition, and another one in the second. */
async function sourceOf(batches: readonly StoredBatch[], maxRecordBytes?: number) {
  const broker = await smallBroker(2)
  open.push(broker)
  const { logger, lines } = createLines()
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger,
    ...(maxRecordBytes !== undefined && { maxRecordBytes }),
  })
  open.push(source)
  broker.partitions.get('events-0')?.batches.push(...batches)
  broker.partitions.get('events-1')?.batches.push(await batchOf(0, [0]))
  const positions = createPositions()
  await source.open(['events'], positions)
  source.resume('events')
  /** What the first partition has up to there. */
  const readTo = async (end: number) => {
    const taken = await takeUntil(source, positions, (all) =>
      all.some((one) => one.partition === 0 && one.next === end),
    )
    return taken.filter(({ partition }) => partition === 0)
  }
  return { broker, source, positions, lines, readTo }
}

/** Each record as its offset, with its value, or with why it was not read. */
const shown = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ records }) =>
    records.map(({ offset, value, unread }) => [
      offset,
      unread === undefined ? Buffer.from(value ?? []).toString() : `${unread.error.code} ${unread.size ?? ''}`.trim(),
    ]),
  )
const MB = 2 ** 20
/** A record of 200 MB of zeros between nine others. */
const among = (zeros: number): readonly Written[] =>
  Array.from({ length: 10 }, (_, offsetDelta) => (offsetDelta === 4 ? { offsetDelta, zeros } : { offsetDelta }))
const small = (...offsets: readonly number[]) => offsets.map((offset) => [offset, String(offset)])

describe.each(codecs)('a record of 200 MB of zeros, compressed by %s', (...codec) => {
  it('is passed over with its size, and its neighbours are read', async () => {
    const batch = await bombOf(0, among(200 * MB), codec)
    const { readTo } = await sourceOf([batch, await batchOf(10, [10])])
    const read = shown(await readTo(11))
    const size = 200 * MB + 10
    expect(read).toEqual([...small(0, 1, 2, 3), [4, `RECORD_TOO_LARGE ${size}`], ...small(5, 6, 7, 8, 9, 10)])
  })

  it('takes no more memory than its records may, however often it comes', async () => {
    const { more, held: _, ...read } = await inAnotherProcess(await bombOf(0, among(200 * MB), codec), 3)
    expect(read).toEqual({ records: 30, unread: 3 })
    expect(more).toBeLessThan(350)
  })
})

describe('a batch that holds more than is read of one', () => {
  it('is read up to its limit where it has more bytes than that, and the rest is one letter', async () => {
    const records = [{ offsetDelta: 0 }, ...[1, 2, 3].map((offsetDelta) => ({ offsetDelta, zeros: 1_800 * MB }))]
    const { readTo } = await sourceOf([await bombOf(0, [...records, { offsetDelta: 4 }], zstd), await batchOf(5, [5])])
    const read = await readTo(6)
    const size = 1_800 * MB + 10
    expect(shown(read)).toEqual([
      ...small(0),
      ...[1, 2].map((offset) => [offset, `RECORD_TOO_LARGE ${size}`]),
      [3, 'KAFKA_BATCH_TOO_LARGE'],
      ...small(5),
    ])
    expect(read.flatMap((chunk) => chunk.records).find(({ offset }) => offset === 3)?.unread?.error.sentence).toBe(
      'records 3 to 4 of a batch not read: it has more than 4294967296 bytes when it is decompressed',
    )
  })

  it('is read up to its limit where it has more records than that, and the rest is one letter', async () => {
    const records = Array.from({ length: 300 }, (_, offsetDelta) => ({ offsetDelta, zeros: MB }))
    const { readTo } = await sourceOf([await bombOf(0, records, zstd), await batchOf(300, [300])], 2 * MB)
    const read = (await readTo(301)).flatMap((chunk) => chunk.records)
    expect(read.map(({ offset }) => offset)).toEqual([...Array.from({ length: 256 }, (_, offset) => offset), 300])
    expect(read.at(-2)?.unread?.error.message).toMatch(/^KAFKA_BATCH_TOO_LARGE: records 255 to 299 of a batch not read/)
  })

  it('is read up to where it refers back further than is kept', async () => {
    const batch = await batchOf(0, [0, 1])
    const first = recordsOf(await batchOf(0, [0]))
    // A length of 32 MiB; a record, the beginning of another one, and a copy of what is 2 MiB before.
    const literal = Buffer.concat([first, headOf({ offsetDelta: 1, zeros: 16 * MB }), Buffer.alloc(2 * MB)])
    const length = Buffer.alloc(4)
    length.writeUInt32LE(literal.length - 1)
    const back = Buffer.alloc(4)
    back.writeUInt32LE(2 * MB)
    const block = Buffer.concat([
      ...[Buffer.from([0x80, 0x80, 0x80, 0x10]), Buffer.from([63 << 2]), length, literal],
      ...[Buffer.from([(63 << 2) | 3]), back],
    ])
    const { readTo } = await sourceOf([holding(batch, CompressionTypes.Snappy, block)])
    expect(shown(await readTo(2))).toEqual([...small(0), [1, 'KAFKA_BATCH_TOO_LARGE']])
  })
})

describe('an answer that holds more than is decoded at a time', () => {
  it('is handed over in parts, and nothing of it is lost or repeated', async () => {
    const records = Array.from({ length: 150 }, (_, offsetDelta) => ({ offsetDelta, zeros: MB }))
    const broker = await smallBroker(2)
    open.push(broker)
    for (const index of [0, 1]) broker.partitions.get(`events-${index}`)?.batches.push(await bombOf(0, records, zstd))
    const consuming = await consume(broker.address, { maxRecordBytes: 2 * MB })
    open.push(consuming)
    const offsets = (wanted: number) =>
      consuming.batches.flatMap(({ partition, messages }) =>
        partition === wanted ? messages.map(({ offset }) => Number(offset)) : [],
      )
    const all = records.map(({ offsetDelta }) => offsetDelta)
    for (const index of [0, 1]) await expect.poll(() => offsets(index)).toEqual(all)
    // A record beyond the limit, because there is always one more to begin with.
    for (const { messages } of consuming.batches) expect(messages.length).toBeLessThanOrEqual(64)
  })

  it('keeps no more in memory than the records that wait', async () => {
    // All but one record of a batch is passed over: the one that is left must not keep the rest.
    const batch = await bombOf(0, [{ offsetDelta: 0 }, { offsetDelta: 1, zeros: 3 * MB }], zstd)
    const { held } = await inAnotherProcess(batch, 50, 'wait')
    expect(held).toBeLessThan(80)
  })
})

describe('records that say of themselves what is not so', () => {
  const record = (...parts: readonly (number | Buffer)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? varint(part) : part)))
  /** Of a length, with no attributes and no time, at the first offset, without a key. */
  const begun = (length: number) => [length, Buffer.from([0]), 0, 0, -1]
  it.each([
    ['that they have 2 GB', record(...begun(2 ** 31 - 1), 1, Buffer.from('x'), 0)],
    ['that they have less than nothing', record(...begun(-5), 1, Buffer.from('x'), 0)],
    ['that their value has 2 GB', record(...begun(7), 2 ** 31 - 1, Buffer.from('x'), 0)],
    ['that their value has less than nothing', record(...begun(7), -2, Buffer.from('x'), 0)],
    ['that they have 2^31 headers', record(...begun(11), 1, Buffer.from('x'), 2 ** 31 - 1)],
    ['a length of six bytes', Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0])],
    ['that they are at another offset', record(7, Buffer.from([0]), 0, 9, -1, 1, Buffer.from('x'), 0)],
  ])('are not decoded, and others are read: %s', async (_, bytes) => {
    const compressed = [bytes, zstdCompressSync(bytes)] as const
    for (const [compression, records] of compressed.entries()) {
      const batch = holding(await batchOf(0, [0]), compression === 0 ? 0 : CompressionTypes.ZSTD, records)
      const { source, positions } = await sourceOf([batch])
      await takeUntil(source, positions, (taken) => taken.some(({ partition }) => partition === 1))
      await expect.poll(() => source.trouble()).toContain('what partition 0 of events has at 0 cannot be decoded')
    }
  })

  it.each([
    ['that there are 2^31 of them', 57, 2 ** 31 - 1],
    ['that their batch has less than nothing', 8, -20],
    ['that their batch ends before it begins', 23, -2],
  ])('are not decoded, and others are read: %s', async (_, at, value) => {
    const batch = await batchOf(0, [0])
    batch.bytes.writeInt32BE(value, at)
    const { source, positions } = await sourceOf([batch])
    await takeUntil(source, positions, (taken) => taken.some(({ partition }) => partition === 1))
    await expect.poll(() => source.trouble()).toContain('what partition 0 of events has at 0 cannot be decoded')
  })
})

it('a record that no source of ours would read is refused to its sender, and the largest that is accepted is read', async () => {
  const broker = await smallBroker()
  open.push(broker)
  const publisher = createKafkaPublisher({
    bootstrapServers: [broker.address],
    clientId: 'test',
    logger: createLines().logger,
  })
  open.push(publisher)
  const value = 'x'.repeat(MB - 100)
  await expect(
    publisher.publish([{ topic: 'events', key: 'k', value: `${value}${value}`, headers: {} }]),
  ).rejects.toThrow(
    'EVENT_TOO_LARGE: events does not accept a record of 2096985 bytes: kafka.max_record_bytes is 1048576',
  )
  const batch = await batchOf(0, [0], { key: Buffer.from(value) })
  const { readTo } = await sourceOf([batch])
  expect(shown(await readTo(1))).toEqual(small(0))
})

describe.each([0, 1])('a message set of format %i', (magic) => {
  it.each(codecs)('is read, and what is too large in it is passed over, compressed by %s', async (...codec) => {
    const { readTo } = await sourceOf([setOf(magic, 0, among(64 * MB), codec), setOf(magic, 10, [{ offsetDelta: 0 }])])
    const size = 64 * MB + (magic === 0 ? 14 : 22)
    expect(shown(await readTo(11))).toEqual([
      ...small(0, 1, 2, 3),
      [4, `RECORD_TOO_LARGE ${size}`],
      ...small(5, 6, 7, 8, 9),
      [10, '0'],
    ])
  })
})

/** Reads batches like this one in a process of its own; answers how many megabytes it had more at some moment than before. */
async function inAnotherProcess({ bytes }: StoredBatch, times: number, mode = 'take') {
  const folder = await mkdtemp(join(tmpdir(), 'belfry-bombs-'))
  try {
    await writeFile(join(folder, 'batch'), bytes)
    const program = new URL('./bomb-reader.ts', import.meta.url).pathname
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      join(folder, 'batch'),
      String(times),
      mode,
    ])
    const found: { more: number; held: number; records: number; unread: number } = JSON.parse(stdout)
    return found
  } finally {
    await rm(folder, { recursive: true })
  }
}
