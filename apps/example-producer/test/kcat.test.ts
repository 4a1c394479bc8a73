import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { allContracts, decodeRecord } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import { findKafka, findKcat, isMissing, kafkaForTests } from '@belfry/test-services'
import { Kafka, logLevel } from 'kafkajs'
import { expect, it } from 'vitest'
import { connectProducer } from '../src/connect-producer.ts'
import { readTopic } from './read-topic.ts'

const kcat = findKcat()
const isNamed = (process.env.BELFRY_TEST_KAFKA ?? '') !== ''
const isSkipped = isMissing(kcat, isNamed ? kcat : findKafka())
const contracts = new Map(allContracts.map((contract) => [contract.type, contract]))

it.skipIf(isSkipped)(
  'kcat sends the same event in both modes of CloudEvents, as the docs show, and as our contracts do',
  async () => {
    if (kcat === undefined) throw new Error('kcat is missing: install it')
    await using server = await kafkaForTests()
    if (server === undefined) throw new Error('Kafka is missing')
    const kafka = new Kafka({ brokers: [...server.bootstrap], logLevel: logLevel.NOTHING })
    const topic = `t-${randomUUID()}`
    // With this many partitions, two clients seldom choose the same one by chance.
    await server.createTopic(topic, { partitions: 50 })

    const page = await readFile(new URL('../../../docs/producer.md', import.meta.url), 'utf8')
    const commands = [...page.matchAll(/```sh\n(.*?kcat.*?)```/gs)].map(([, command = '']) => command)
    expect(commands).toHaveLength(2)
    for (const command of commands) {
      const here = command.replace('127.0.0.1:9092', server.bootstrap.join()).replace('-t booking', `-t ${topic}`)
      await promisify(execFile)('sh', ['-c', here.replace('kcat', kcat)])
    }
    const times = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
    const data = { bookingId: 'b1', userId: 'u1', resourceId: 'r1', ...times }
    const named = { source: '/booking-service', id: 'b1:created' }
    const producer = await connectProducer(kafka)
    await producer.send({ ...bookingCreated.toKafka({ ...named, data }), topic, acks: -1 })
    await producer.disconnect()

    const records = await readTopic(kafka, topic)
    // The order is kept only within one partition.
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(1)
    for (const record of records)
      expect(decodeRecord(record, contracts)).toEqual({
        kind: 'event',
        contract: bookingCreated,
        // None of the events has a time: the time at which Kafka received it counts.
        event: {
          specversion: '1.0',
          type: 'booking.created',
          ...named,
          data,
          time: new Date(record.timestamp).toISOString(),
        },
      })
    expect(records.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'application/cloudevents+json',
      'application/json',
    ])
    await server.deleteTopic(topic)
  },
)
