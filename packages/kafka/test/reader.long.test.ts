import { setTimeout as pass } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { Reader } from '../src/consume/reader.ts'
import { createConsumer } from '../src/group/create-consumer.ts'
import { createKafkaSource } from '../src/index.ts'
import { createKafkaClient } from '../src/kafkajs/client.ts'
import { createLines, createPositions } from './on-kafka.ts'
import { type SmallBroker, smallBroker } from './small-broker.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
const JOIN = 11
const VERSIONS = 18
const count = ({ asked }: SmallBroker, wanted: number) => asked.filter(({ api }) => api === wanted).length

it('joins no group when it is closed while it begins again', async () => {
  const broker = await smallBroker()
  open.push(broker)
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger: createLines().logger,
  })
  await source.open(['events'], createPositions())
  await expect.poll(() => count(broker, JOIN)).toBe(1)
  // It begins again for a partition that was added, and is answered only when it is closed.
  const first = broker.partitions.get('events-0')
  if (first !== undefined) broker.partitions.set('events-1', { ...first })
  await expect.poll(() => broker.left.length, { interval: 5 }).toBeGreaterThan(0)
  const { promise, resolve: answer } = Promise.withResolvers<void>()
  broker.waits.set(VERSIONS, promise)
  // By now it asks which topics there are.
  await pass(500)
  const closed = source.close()
  answer()
  await closed
  await pass(1_000)
  expect(count(broker, JOIN)).toBe(1)
})

it('leaves its group also when it is closed before the group has let it in', async () => {
  const broker = await smallBroker()
  broker.versions.set(JOIN, [0, 4])
  open.push(broker)
  const source = createKafkaSource({
    bootstrapServers: [broker.address],
    clientId: 'test',
    groupId: 'g',
    logger: createLines().logger,
    // The group waits for others.
    onMember: async () => void broker.waits.set(JOIN, new Promise(() => {})),
  })
  await source.open(['events'], createPositions())
  await expect.poll(() => count(broker, JOIN)).toBe(2)
  await source.close()
  expect(broker.left).toContain('member-1')
})

it('waits for its group when it was evicted and joins it again', async () => {
  const broker = await smallBroker()
  broker.versions.set(JOIN, [0, 4])
  open.push(broker)
  const { logger, lines } = createLines()
  const kafka = createKafkaClient({ bootstrapServers: [broker.address], clientId: 'test', logger })
  const { promise, resolve: answer } = Promise.withResolvers<void>()
  const reader = new Reader({
    create: ({ named, isOver }) =>
      createConsumer(
        kafka,
        { groupId: 'g', heartbeatInterval: 100, maxWaitTimeInMs: 50 },
        {
          outOfRange() {},
          unreadable() {},
          isOver,
          maxRecordBytes: 1_048_576,
          async named(member) {
            named(member)
            if (broker.expelled) broker.waits.set(JOIN, promise)
            broker.expelled = false
          },
        },
      ),
    topics: async () => new Map([['events', 1]]),
    evict: async () => {},
    logger,
    silence: 1_500,
    joining: 60_000,
    handling: { assigned() {}, batch() {}, lost() {} },
  })
  open.push(reader)
  await reader.start()
  await expect.poll(() => broker.fetched.length).toBeGreaterThan(1)
  broker.expelled = true
  await expect.poll(() => count(broker, JOIN)).toBe(4)
  await pass(4_000)
  answer()
  expect(lines.filter((line) => line.startsWith('nothing can be read'))).toEqual([])
  expect(count(broker, JOIN)).toBe(4)
})
