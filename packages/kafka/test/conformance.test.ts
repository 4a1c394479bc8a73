import { randomBytes } from 'node:crypto'
import { sourceSuite } from '@belfry/core/testing'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createKafkaPublisher, createKafkaSource } from '../src/index.ts'

const bootstrap = ['127.0.0.1:19092']
const log = process.env.SAY
  ? { debug() {}, info: console.log, warn: console.log, error: console.log }
  : { debug() {}, info() {}, warn() {}, error() {} }
const admin = new Kafka({ brokers: bootstrap, logLevel: logLevel.NOTHING }).admin()
beforeAll(() => admin.connect())
afterAll(() => admin.disconnect())

describe('a Kafka source', () => {
  for (const { name, run } of sourceSuite())
    it(name, () =>
      run(async () => {
        const prefix = randomBytes(6).toString('hex')
        const topicNames = Object.fromEntries(['t', 'a', 'b'].map((topic) => [topic, `${prefix}.${topic}`]))
        await admin.createTopics({
          waitForLeaders: true,
          topics: Object.values(topicNames).map((topic) => ({ topic, numPartitions: 1 })),
        })
        const options = { bootstrapServers: bootstrap, clientId: 'test', topicNames, log }
        const source = createKafkaSource({ ...options, groupId: prefix })
        const publisher = createKafkaPublisher(options)
        return { source, publisher, close: publisher.close }
      }),
    )
})
