import { sourceSuite } from '@belfry/core/testing'
import { kafkaForTests, uniqueName } from '@belfry/test-services'
import { afterAll, describe, it } from 'vitest'
import { createKafkaPublisher, createKafkaSource } from '../src/index.ts'
import { quiet } from './consuming.ts'

const kafka = await kafkaForTests()
afterAll(() => kafka?.[Symbol.asyncDispose]())

describe.skipIf(kafka === undefined)('Kafka', () => {
  for (const { name, run } of sourceSuite())
    it(name, () =>
      run(async () => {
        const prefix = uniqueName()
        const topicNames = Object.fromEntries(['t', 'a', 'b'].map((topic) => [topic, `${prefix}.${topic}`]))
        for (const topic of Object.values(topicNames)) await kafka?.createTopic(topic)
        const options = { bootstrapServers: kafka?.bootstrap ?? [], clientId: 'test', topicNames, logger: quiet }
        const source = createKafkaSource({ ...options, groupId: prefix })
        const publisher = createKafkaPublisher(options)
        return { source, publisher, close: publisher.close }
      }),
    )
})
