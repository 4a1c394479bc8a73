import { setTimeout as pass } from 'node:timers/promises'
import type { Consumer } from 'kafkajs'
import { afterEach, expect, it } from 'vitest'
import type { Joining } from '../src/consume/consumer-session.ts'
import { Reader } from '../src/consume/reader.ts'
import { createKafkaSource } from '../src/index.ts'
import { createKafkaClient } from '../src/kafkajs/client.ts'
import { createLines, createPositions, takeUntil, valuesOf } from './on-kafka.ts'
import { type SmallBroker, smallBroker } from './small-broker.ts'
import { batchOf } from './wire.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
const COMMIT = 8
const JOIN = 11
const UNKNOWN_SERVER_ERROR = -1
const NOT_LEADER = 6
const count = ({ asked }: SmallBroker, wanted: number) => asked.filter(({ api }) => api === wanted).length

it('hands out all that was read, and goes back, while its consumer has stopped and not yet reported why', async () => {
  const broker = await smallBroker(2)
  broker.versions.set(1, [4, 13])
  open.push(broker)
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger: createLines().logger,
    copyInterval: 0,
    queue: { records: 2, bytes: 1_000_000 },
  })
  open.push(source)
  const positions = createPositions()
  await source.open(['events'], positions)
  source.resume('events')
  const add = async (partition: number, first: number, last: number) => {
    const offsets = Array.from({ length: last - first + 1 }, (_, index) => first + index)
    broker.partitions.get(`events-${partition}`)?.batches.push(await batchOf(first, offsets))
    await expect.poll(() => broker.fetched.some(({ at, size }) => at === `events-${partition}` && size > 0)).toBe(true)
  }
  // While a copy of the first position is under way its consumer stops, but does not end.
  const { promise, resolve: answer } = Promise.withResolvers<void>()
  broker.waits.set(COMMIT, promise)
  await add(0, 0, 0)
  await takeUntil(source, positions, (taken) => valuesOf(taken).length === 1)
  broker.fetched.length = 0
  await add(0, 1, 1)
  await add(1, 0, 9)
  await pass(100)
  broker.refusal = UNKNOWN_SERVER_ERROR
  await expect.poll(() => broker.left.length).toBe(1)
  await pass(100)
  const taking = takeUntil(source, positions, (taken) => valuesOf(taken).length === 11)
  source.rewind({ topic: 'events', partition: 1, next: 0 })
  await pass(100)
  broker.refusal = 0
  broker.waits.clear()
  answer()
  expect(valuesOf(await taking).toSorted()).toEqual(['0', '1', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
})

it('goes on at once when a connection breaks off in the middle of an answer', async () => {
  const broker = await smallBroker()
  broker.versions.set(1, [4, 13])
  open.push(broker)
  const { logger, lines } = createLines()
  const source = createKafkaSource({ bootstrapServers: [broker.address], clientId: 'test', groupId: 'g', logger })
  open.push(source)
  const positions = createPositions()
  await source.open(['events'], positions)
  source.resume('events')
  await expect.poll(() => broker.fetched.length).toBeGreaterThan(1)
  broker.cutting = true
  const offsets = Array.from({ length: 100 }, (_, index) => index)
  broker.partitions.get('events-0')?.batches.push(await batchOf(0, offsets))
  expect(valuesOf(await takeUntil(source, positions, (taken) => valuesOf(taken).length === 100))).toHaveLength(100)
  // One that has not gone on would have been replaced, and said so.
  expect(lines).toEqual([])
})

it('copies what was applied while its group was joined again, also where nothing comes after it', async () => {
  const broker = await smallBroker()
  broker.versions.set(1, [4, 13])
  open.push(broker)
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger: createLines().logger,
    copyInterval: 50,
  })
  open.push(source)
  const positions = createPositions()
  await source.open(['events'], positions)
  source.resume('events')
  broker.partitions.get('events-0')?.batches.push(await batchOf(0, [0]))
  expect(valuesOf(await source.take(100))).toEqual(['0'])
  const { promise, resolve: answer } = Promise.withResolvers<void>()
  broker.waits.set(JOIN, promise)
  broker.refusal = UNKNOWN_SERVER_ERROR
  await expect.poll(() => count(broker, JOIN)).toBe(2)
  positions.set({ topic: 'events', partition: 0, next: 1 })
  source.advance([{ topic: 'events', partition: 0, next: 1 }])
  await pass(200)
  broker.refusal = 0
  answer()
  await expect.poll(() => broker.committed).toContainEqual({ at: 'events-0', offset: 1 })
})

it('reads the other partitions when its group is joined again while no broker leads one of them', async () => {
  const broker = await smallBroker(2)
  open.push(broker)
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger: createLines().logger,
  })
  open.push(source)
  const positions = createPositions()
  await source.open(['events'], positions)
  source.resume('events')
  await expect.poll(() => broker.fetched.length).toBeGreaterThan(1)
  Object.assign(broker.partitions.get('events-1') ?? {}, { error: NOT_LEADER, leader: -1 })
  broker.refusal = UNKNOWN_SERVER_ERROR
  await expect.poll(() => broker.left.length).toBeGreaterThan(0)
  broker.refusal = 0
  broker.partitions.get('events-0')?.batches.push(await batchOf(0, [0]))
  const read = takeUntil(source, positions, (taken) => valuesOf(taken).length === 1).catch(() => [])
  expect(valuesOf(await Promise.race([read, pass(5_000, [])]))).toEqual(['0'])
})

it('reads the other topics where one may not be described, and names it', async () => {
  const broker = await smallBroker()
  open.push(broker)
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger: createLines().logger,
  })
  open.push(source)
  const positions = createPositions()
  await source.open(['events', 'secret'], positions)
  source.resume('events')
  broker.partitions.get('events-0')?.batches.push(await batchOf(0, [0]))
  expect(valuesOf(await takeUntil(source, positions, (taken) => valuesOf(taken).length === 1))).toEqual(['0'])
  expect(source.trouble()).toBe('Kafka does not let this user describe topic secret')
})

it('takes a member off the group that crashed after it had its name and before it was let in', async () => {
  const kafka = createKafkaClient({ bootstrapServers: ['localhost:1'], clientId: 'test', logger: createLines().logger })
  const done: string[] = []
  const { promise: letIn, resolve: endJoining } = Promise.withResolvers<void>()
  let members = 0
  const all: Joining[] = []
  const create = (joining: Joining): Consumer => ({
    ...kafka.consumer({ groupId: 'g' }),
    connect: async () => {},
    subscribe: async () => {},
    disconnect: async () => {},
    async run() {
      const member = `member ${++members}`
      done.push(`${member} joins`)
      all.push(joining)
      joining.named(member)
      if (members === 1) throw new Error('the broker that it asked for its partitions is away')
      await letIn
    },
  })
  const reader = new Reader({
    create,
    topics: async () => new Map([['events', 1]]),
    evict: async (member) => void done.push(`${member} is taken off`),
    handling: { assigned() {}, batch() {}, lost() {} },
    logger: createLines().logger,
    silence: 15_000,
    joining: 15_000,
  })
  await reader.start()
  await expect.poll(() => members).toBe(2)
  const [first, ...others] = done
  expect(first).toBe('member 1 joins')
  expect(others.indexOf('member 1 is taken off')).toBeGreaterThanOrEqual(0)
  expect(others.indexOf('member 1 is taken off')).toBeLessThan(others.indexOf('member 2 joins'))

  // It was stopped, and gets a name all the same.
  expect(all.map(({ isOver }) => isOver())).toEqual([true, false])
  all[0]?.named('member 3')
  await expect.poll(() => done).toContain('member 3 is taken off')
  expect(done).not.toContain('member 2 is taken off')
  endJoining()
  await reader.close()
})
