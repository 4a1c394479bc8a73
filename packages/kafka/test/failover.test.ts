import { kafkaForTests, uniqueName } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import { membersOf } from '../src/group/evict.ts'
import { createFailover, createKafkaSource } from '../src/index.ts'
import { createKafkaClient } from '../src/kafkajs/client.ts'
import { createLines, createPositions, until } from './on-kafka.ts'

const kafka = await kafkaForTests()
afterAll(() => kafka?.[Symbol.asyncDispose]())

describe.skipIf(kafka === undefined)('failover', () => {
  const bootstrapServers = kafka?.bootstrap ?? []

  it('evicts members of ended processes from their group, so that another has their partitions at once', async () => {
    const topic = uniqueName()
    await kafka?.createTopic(topic, { partitions: 2 })
    const { logger, lines } = createLines()
    const options = { bootstrapServers, clientId: 'test', logger, groupId: uniqueName() }
    // A consumer that is never closed: it stays in the group like one whose process was killed.
    const left = createKafkaClient(options).consumer({
      groupId: options.groupId,
      sessionTimeout: 30_000,
      heartbeatInterval: 29_000,
      // A coordinator that is still loading ends the consumer, as ours are ended: nothing watches over this one.
      retry: { restartOnFailure: async () => true },
    })
    let member = ''
    left.on(left.events.GROUP_JOIN, ({ payload }) => {
      member = payload.memberId
    })
    await left.connect()
    await left.subscribe({ topic })
    await left.run({ eachMessage: async () => {} })
    // Where the coordinator is loading it runs before it has joined.
    await until(async () => member !== '')
    const gone = [member]
    const failover = createFailover({
      ...options,
      interval: 100,
      members: { gone: async () => [...gone], listed: async () => [], forget: async () => void gone.splice(0) },
    })
    const source = createKafkaSource(options)
    await source.open([topic], createPositions())
    await until(async () => {
      const members = await membersOf(createKafkaClient(options), options.groupId)
      return members.length === 1 && members[0] !== member
    })
    expect(gone).toEqual([])
    expect(lines.join()).toContain('were evicted')
    await failover.close()
    await source.close()
    await left.disconnect()
  })

  it('knows a member by its name before it is let in, and so can take off one that dies while it joins', async () => {
    const topic = uniqueName()
    await kafka?.createTopic(topic, { partitions: 2 })
    const { logger } = createLines()
    const options = { bootstrapServers, clientId: 'test', logger, groupId: uniqueName() }
    const first = createKafkaSource(options)
    await first.open([topic], createPositions())
    const client = createKafkaClient(options)
    await until(async () => (await membersOf(client, options.groupId)).length === 1)
    const before = await membersOf(client, options.groupId)
    const named: { readonly member: string; readonly isIn: boolean }[] = []
    const second = createKafkaSource({
      ...options,
      async onMember(member) {
        named.push({ member, isIn: (await membersOf(client, options.groupId)).includes(member) })
      },
    })
    await second.open([topic], createPositions())
    await until(() => named.length >= 2)
    // Told once before, and once when it has joined, of the same name.
    expect(named[0]?.isIn).toBe(false)
    expect(new Set(named.map(({ member }) => member)).size).toBe(1)
    expect(before).not.toContain(named[0]?.member)
    await Promise.all([first.close(), second.close()])
  })

  it('says whose members are in the group that use another database, until they have left', async () => {
    const topic = uniqueName()
    await kafka?.createTopic(topic, { partitions: 2 })
    const { logger, lines } = createLines()
    const options = { bootstrapServers, clientId: 'test', logger, groupId: uniqueName() }
    const listed: string[] = []
    const ours = createKafkaSource({ ...options, onMember: async (member) => void listed.push(member) })
    const theirs = createKafkaSource(options)
    await ours.open([topic], createPositions())
    const failover = createFailover({
      ...options,
      interval: 20,
      members: { gone: async () => [], listed: async () => listed, forget: async () => {} },
    })
    await until(async () => (await membersOf(createKafkaClient(options), options.groupId)).length === 1)
    expect(failover.trouble()).toBeUndefined()
    await theirs.open([topic], createPositions())
    await until(() => failover.trouble() !== undefined)
    const all = await membersOf(createKafkaClient(options), options.groupId)
    const stranger = all.find((member) => !listed.includes(member)) ?? 'none'
    expect(failover.trouble()).toContain(`not applied here: ${stranger}`)
    expect(lines.filter((line) => line.includes('not applied here'))).toHaveLength(1)
    await theirs.close()
    await until(() => failover.trouble() === undefined)
    await failover.close()
    await ours.close()
  })

  it('continues to check where the store or the brokers are away, and logs it once', async () => {
    const { logger, lines } = createLines()
    let looks = 0
    const failover = createFailover({
      bootstrapServers,
      clientId: 'test',
      logger,
      groupId: uniqueName(),
      interval: 1,
      members: {
        gone: async () => {
          looks++
          throw new Error('the store is away')
        },
        listed: async () => [],
        forget: async () => {},
      },
    })
    await until(() => looks > 3)
    await failover.close()
    expect(lines).toEqual(['members of ended processes cannot be evicted from their group: the store is away'])
  })
})
