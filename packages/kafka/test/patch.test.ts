import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { textsOf } from '../src/kafkajs/fetched-messages.ts'
import { patch } from '../src/kafkajs/patch.ts'
import { type ConsumeOptions, type Consuming, consume } from './consuming.ts'
import { FIRST_ID, type SmallBroker, type SmallPartition, smallBroker } from './small-broker.ts'
import { batchOf } from './wire.ts'

const open: { close(): Promise<void> }[] = []
/** The newest version in which brokers can be asked for records. */
let newest = 11
afterEach(async () => {
  newest = 11
  for (const one of open.splice(0).reverse()) await one.close()
})
async function start(partitions = 1, nodes = 1) {
  const broker = await smallBroker(partitions, nodes)
  broker.versions.set(1, [4, newest])
  open.push(broker)
  return broker
}
async function reading(broker: SmallBroker, options: ConsumeOptions = {}): Promise<Consuming> {
  const consuming = await consume(broker.address, options)
  open.push(consuming)
  return consuming
}
/** An error of Kafka's: the partition is led by another broker. */
const NOT_LEADER = 6
/** Kafka's error of an unexpected failure. */
const UNKNOWN_SERVER_ERROR = -1
const joins = ({ asked }: SmallBroker) => asked.filter(({ api }) => api === 11).length
const metadata = ({ asked }: SmallBroker) => asked.filter(({ api }) => api === 3).length
/** A partition is added, and when the group is joined again for that, the member is assigned none. */
async function loseAll(broker: SmallBroker, { joined }: Consuming): Promise<void> {
  broker.assignment = {}
  broker.partitions.set('events-2', { ...partition(broker, 1), batches: [] })
  partition(broker, 1).error = NOT_LEADER
  // The broker has answered, and the consumer has taken the new assignment.
  await expect.poll(() => joined.length).toBeGreaterThan(1)
}
const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index)
const values = (count: number, first = 0) => upTo(count, first).map(String)
function partition(broker: SmallBroker, index: number): SmallPartition {
  const found = broker.partitions.get(`events-${index}`)
  if (found === undefined) throw new Error(`no partition ${index}`)
  return found
}

describe('the patched kafkajs', () => {
  it('refuses another version of kafkajs, and names the one that was found', () => {
    const published: { version: string } = createRequire(import.meta.url)('kafkajs/package.json')
    const { version } = published
    try {
      published.version = '2.3.0'
      expect(patch).toThrow('KAFKAJS_OTHER: kafkajs 2.3.0 was found, expected 2.2.4')
    } finally {
      published.version = version
    }
  })

  it('refuses a kafkajs that lacks a part that is used, and names it', () => {
    const pool: { prototype: { withBroker?: unknown } } = createRequire(import.meta.url)(
      'kafkajs/src/cluster/brokerPool',
    )
    const { withBroker } = pool.prototype
    try {
      delete pool.prototype.withBroker
      expect(patch).toThrow('kafkajs 2.2.4 without cluster/brokerPool.prototype.withBroker was found')
    } finally {
      pool.prototype.withBroker = withBroker
    }
  })

  it('is patched once, also when the file is loaded twice', async () => {
    patch()
    const group: { prototype: { fetch: unknown } } = createRequire(import.meta.url)(
      'kafkajs/src/consumer/consumerGroup',
    )
    const { fetch } = group.prototype
    vi.resetModules()
    const again = await import('../src/kafkajs/patch.ts')
    expect(again.patch).not.toBe(patch)
    again.patch()
    expect(group.prototype.fetch).toBe(fetch)
  })
})

describe.each([
  ['names of topics', 11],
  ['their ids', 13],
])('what is patched in kafkajs, where brokers are asked by %s', (_, version) => {
  beforeEach(() => {
    newest = version
  })

  it('sets no timer in the past while it is idle', async () => {
    const broker = await start()
    const set = vi.spyOn(globalThis, 'setTimeout')
    try {
      await reading(broker)
      await expect.poll(() => broker.fetched.length).toBeGreaterThan(10)
      expect(set.mock.calls.filter(([, wait = 0]) => wait < 0)).toEqual([])
    } finally {
      set.mockRestore()
    }
  })

  it('asks for nothing for a moment after an answer with few records, so that more of them come together', async () => {
    const broker = await start()
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    const consuming = await reading(broker, { gatherMs: 300 })
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    const before = broker.fetched.length
    partition(broker, 0).batches.push(await batchOf(1, [1]), await batchOf(2, [2]))
    await expect.poll(() => consuming.records.get(0)).toEqual(['0', '1', '2'])
    expect(consuming.batches.map(({ messages }) => messages.length)).toEqual([1, 2])
    expect(broker.fetched[before]).toMatchObject({ offset: 1 })
    expect(broker.fetched.filter(({ offset }) => offset === 1)).toHaveLength(1)
  })

  it('waits for records for as long as its listener wants each time', async () => {
    const broker = await start()
    let waitMs = 30
    await reading(broker, { waitMs: () => waitMs })
    await expect.poll(() => broker.fetched.at(-1)?.wait).toBe(30)
    waitMs = 40
    await expect.poll(() => broker.fetched.at(-1)?.wait).toBe(40)
  })

  it('hands an offset that the log no longer has to the listener, and commits nothing', async () => {
    const broker = await start(2)
    partition(broker, 1).batches.push(await batchOf(0, [0]))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(1)).toEqual(['0'])
    Object.assign(partition(broker, 0), { start: 50, batches: [await batchOf(50, [50, 51])] })

    await expect.poll(() => consuming.outOfRange).toEqual([{ topic: 'events', partition: 0, offset: '0' }])
    partition(broker, 1).batches.push(await batchOf(1, [1]))
    await expect.poll(() => consuming.records.get(1)).toEqual(['0', '1'])
    expect(consuming.outOfRange).toHaveLength(1)
    expect(broker.committed).toEqual([])

    consuming.consumer.seek({ topic: 'events', partition: 0, offset: '50' })
    consuming.consumer.resume([{ topic: 'events', partitions: [0] }])
    await expect.poll(() => consuming.records.get(0)).toEqual(['50', '51'])
    expect(consuming.crashes).toEqual([])
  })

  it('asks the leader when a follower does not have the offset yet', async () => {
    const broker = await start(1, 2)
    const { batches } = Object.assign(partition(broker, 0), { batches: [await batchOf(0, [0])], preferred: 2 })
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    expect(broker.fetched.some(({ node }) => node === 2)).toBe(true)
    // The follower lags: the same offset is out of its range, and not of the leader's.
    Object.assign(partition(broker, 0), { behind: true, preferred: -1 })
    batches.push(await batchOf(1, [1]))
    await expect.poll(() => consuming.records.get(0)).toEqual(['0', '1'])
    expect(consuming.outOfRange).toEqual([])
  })

  it('hands over batches of which only a control record is left, with the offset that they end at', async () => {
    const broker = await start()
    partition(broker, 0).batches.push(await batchOf(0, [0], { producer: 7, marker: 'commit' }))
    const consuming = await reading(broker)
    await expect
      .poll(() => consuming.batches.map((batch) => [batch.messages.length, batch.lastOffset()]))
      .toEqual([[0, '0']])
  })

  it('gets past a batch that compaction has left without a record', async () => {
    const broker = await start()
    partition(broker, 0).batches.push(await batchOf(0, [], { last: 9 }), await batchOf(10, [], { last: 19 }))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.batches.map((batch) => batch.lastOffset())).toEqual(['19'])
    partition(broker, 0).batches.push(await batchOf(20, [20]))
    await expect.poll(() => consuming.records.get(0)).toEqual(['20'])
  })

  it('goes on after the end of a batch, not after its last record that compaction has left', async () => {
    const broker = await start()
    partition(broker, 0).batches.push(await batchOf(0, [0, 3], { last: 99, compression: 1 }))
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.at(-1)?.offset).toBe(100)
    expect(new Set(broker.fetched.map(({ offset }) => offset))).toEqual(new Set([0, 100]))
    expect(consuming.records.get(0)).toEqual(['0', '3'])
  })

  it('gets past a batch whose remaining records are all before the offset that it goes on from', async () => {
    const broker = await start()
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    const batch = await batchOf(0, [0, 1], { last: 99, compression: 1 })
    consuming.consumer.seek({ topic: 'events', partition: 0, offset: '50' })
    // At once: of a log that ends before 50 it is out of range.
    partition(broker, 0).batches.push(batch)
    await expect.poll(() => broker.fetched.at(-1)?.offset).toBe(100)
    expect(consuming.batches.at(-1)?.lastOffset()).toBe('99')
  })

  it('reads a batch of two hundred thousand records', async () => {
    const broker = await start()
    partition(broker, 0).batches.push(await batchOf(0, upTo(200_000)))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(0)?.length).toBe(200_000)
  })

  it('hands over no record of an aborted transaction, however transactions lie across one another', async () => {
    const broker = await start()
    partition(broker, 0).aborted = [
      { producer: 2, first: 1, last: 3 },
      { producer: 1, first: 0, last: 6 },
    ]
    partition(broker, 0).batches.push(
      await batchOf(0, [0], { producer: 1 }),
      await batchOf(1, [1], { producer: 2 }),
      await batchOf(2, [2], { producer: 1, key: Buffer.alloc(4) }),
      await batchOf(3, [3], { producer: 2, marker: 'abort' }),
      await batchOf(4, [4], { producer: 1 }),
      await batchOf(5, [5], { producer: 2 }),
      await batchOf(6, [6], { producer: 1, marker: 'abort' }),
      await batchOf(7, [7], { producer: 1 }),
    )
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.at(-1)?.offset).toBe(8)
    expect(consuming.records.get(0)).toEqual(['5', '7'])
  })

  it('hands over what came of the other partitions when one has failed', async () => {
    const broker = await start(3)
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    const batch = await batchOf(0, upTo(3))
    partition(broker, 0).batches.push(batch)
    partition(broker, 1).start = partition(broker, 2).start = 5
    await expect.poll(() => consuming.outOfRange).toHaveLength(2)
    await expect.poll(() => consuming.records.get(0)).toEqual(values(3))
    expect(broker.fetched.filter(({ size }) => size > 0)).toHaveLength(1)
  })

  it('goes through nothing for partitions of which there is nothing new', async () => {
    const broker = await start(30)
    // Each batch asks whether a heartbeat is due, and here one always is.
    const consuming = await consume(broker.address, { heartbeatInterval: 0 })
    open.push(consuming)
    const answered = () => (consuming.fetches.get('1') ?? 0) - 1
    await expect.poll(answered).toBeGreaterThan(10)
    const before = answered()
    expect(broker.asked.filter(({ api }) => api === 12).length).toBeLessThanOrEqual(before + 1)
    partition(broker, 7).batches.push(await batchOf(0, [0]))
    await expect.poll(() => consuming.records.get(7)).toEqual(['0'])
  })

  it('finds the new leader of a partition without joining the group again', async () => {
    const broker = await start(2, 2)
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    partition(broker, 1).error = NOT_LEADER
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    const asked = metadata(broker)
    await expect.poll(() => metadata(broker)).toBeGreaterThan(asked + 2)

    partition(broker, 1).leader = 2
    // A fetch from the broker that led it may still be under way, and this broker answers whichever it is sent to.
    await expect.poll(() => broker.fetched.some(({ at, node }) => at === 'events-1' && node === 2)).toBe(true)
    Object.assign(partition(broker, 1), { error: 0, batches: [await batchOf(0, [0])] })
    await expect.poll(() => consuming.records.get(1)).toEqual(['0'])
    expect(broker.fetched.find(({ at, size }) => at === 'events-1' && size > 0)?.node).toBe(2)
    expect(joins(broker)).toBe(1)
  })

  it('reads on while no broker leads one of the partitions, and that too when one does', async () => {
    const broker = await start(2)
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    Object.assign(partition(broker, 1), { error: NOT_LEADER, leader: -1 })
    await expect.poll(() => broker.fetched.slice(-3).map(({ at }) => at)).toEqual(['events-0', 'events-0', 'events-0'])
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])

    Object.assign(partition(broker, 1), { error: 0, leader: 1, batches: [await batchOf(0, [0])] })
    await expect.poll(() => consuming.records.get(1)).toEqual(['0'])
    expect(joins(broker)).toBe(1)
  })

  it('waits for a topic that is gone, and reports it, because another may be created in its place', async () => {
    const broker = await start()
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    broker.gone = true
    const asked = metadata(broker)
    await expect.poll(() => metadata(broker)).toBeGreaterThan(asked + 1)
    expect(consuming.unknown).toContain(0)
    broker.gone = false
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    expect(joins(broker)).toBe(1)
    expect(consuming.crashes).toEqual([])
  })

  it('hands over nothing that was fetched before the group was joined again', async () => {
    const broker = await start(2, 2)
    partition(broker, 1).leader = 2
    const { promise, resolve: release } = Promise.withResolvers<void>()
    broker.held[1] = promise
    const consuming = await reading(broker)
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    await expect.poll(() => broker.fetched.some(({ node, size }) => node === 1 && size > 0)).toBe(true)

    await loseAll(broker, consuming)
    const fetches = consuming.fetches.get('1') ?? 0
    release()
    await expect.poll(() => [consuming.crashes, (consuming.fetches.get('1') ?? 0) > fetches]).toEqual([[], true])
    expect(consuming.records.get(0)).toBe(undefined)
  })

  it('goes on when a partition is lost while a batch of it is handled', async () => {
    const broker = await start(2, 2)
    partition(broker, 1).leader = 2
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    const { promise, resolve: release } = Promise.withResolvers<void>()
    const consuming = await reading(broker, { handle: () => promise })
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])

    await loseAll(broker, consuming)
    const fetches = consuming.fetches.get('1') ?? 0
    release()
    await expect.poll(() => [consuming.crashes, (consuming.fetches.get('1') ?? 0) > fetches]).toEqual([[], true])
  })

  it('reads on in the other partitions when the records of one cannot be decoded', async () => {
    const broker = await start(2)
    const good = await batchOf(0, [0])
    const bad = await batchOf(1, upTo(100, 1), { compression: 1 })
    bad.bytes.fill(0xff, 65)
    partition(broker, 0).batches.push(good, bad)
    partition(broker, 1).batches.push(await batchOf(0, [0]))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.unreadable).toMatchObject([{ topic: 'events', partition: 0, offset: '1' }])
    partition(broker, 1).batches.push(await batchOf(1, [1]))
    await expect.poll(() => consuming.records.get(1)).toEqual(['0', '1'])
    expect(consuming.records.get(0)).toEqual(['0'])
    expect(consuming.crashes).toEqual([])
  })
})

describe('the patched kafkajs, with malformed records', () => {
  it('reads a record of many headers as soon as any other', async () => {
    const broker = await start()
    const names = upTo(8_000).map((index) => [`h${index}`, Buffer.from(String(index))] as const)
    const headers = {
      ...Object.fromEntries(names),
      ['__proto__']: Buffer.from('own'),
      twice: [Buffer.from('1'), Buffer.from('2')],
    }
    partition(broker, 0).batches.push(await batchOf(0, [0], { headers }))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    const read = textsOf(consuming.batches[0]?.messages[0] ?? {}).headers
    expect(Object.keys(read)).toHaveLength(8_002)
    expect(read).toMatchObject({ h7999: '7999', twice: '2' })
  })

  it('cannot decode a record that claims more headers than it has bytes', async () => {
    const broker = await start()
    const batch = await batchOf(0, [0])
    // The number of headers is the last byte of a record without any: as a number that goes on beyond the end, it is larger than any.
    batch.bytes.writeUInt8(0xfe, batch.bytes.length - 1)
    partition(broker, 0).batches.push(batch)
    const consuming = await reading(broker)
    await expect.poll(() => consuming.unreadable).toMatchObject([{ partition: 0, offset: '0' }])
  })

  it('reports records of an unknown format, and does not fetch them again and again', async () => {
    const broker = await start(2)
    partition(broker, 0).batches.push(await batchOf(0, [0], { magic: 3 }))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.unreadable).toMatchObject([{ partition: 0, offset: '0' }])
    partition(broker, 1).batches.push(await batchOf(0, [0]))
    await expect.poll(() => consuming.records.get(1)).toEqual(['0'])
  })

  it('begins to read while no broker leads one of the partitions', async () => {
    const broker = await start(2)
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    partition(broker, 1).leader = -1
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
  })

  it.each([
    ['ended', 0],
    // For kafkajs that is a failure, which is tried again as often as it may: our source lets it do so twice.
    ['reset', 2],
  ] as const)('goes on in its group when the connection to the only broker is %s', async (how, retries) => {
    const broker = await start()
    const consuming = await reading(broker, { retries })
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    broker.drop(how)
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    expect(consuming.crashes).toEqual([])
    expect(joins(broker)).toBe(1)
  })
})

describe('a log that is asked for by its id', () => {
  beforeEach(() => {
    newest = 13
  })

  it('is read, and not another one that has come under the same name', async () => {
    const broker = await start(2)
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    expect(broker.fetched.every(({ version }) => version === 13)).toBe(true)

    broker.id = FIRST_ID.replaceAll('0', 'a')
    partition(broker, 0).batches.push(await batchOf(1, [1]))
    await expect.poll(() => consuming.unknown).toContain(0)
    const asked = broker.fetched.length
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(asked + 4)
    expect(consuming.records.get(0)).toEqual(['0'])
    expect(joins(broker)).toBe(1)
    expect(consuming.crashes).toEqual([])
  })

  it('is not taken for empty where the broker answers only that it has failed', async () => {
    const broker = await start()
    const consuming = await reading(broker)
    await expect.poll(() => broker.fetched.length).toBeGreaterThan(0)
    broker.refusal = UNKNOWN_SERVER_ERROR
    await expect.poll(() => consuming.crashes).toHaveLength(1)
  })

  it('is asked for by its name where the broker is too old', async () => {
    newest = 12
    const broker = await start()
    partition(broker, 0).batches.push(await batchOf(0, [0]))
    const consuming = await reading(broker)
    await expect.poll(() => consuming.records.get(0)).toEqual(['0'])
    expect(broker.fetched.every(({ version }) => version === 11)).toBe(true)
  })
})
