import { describe, expect, it } from 'vitest'
import { createKafkaClient, type KafkaOptions } from '../src/kafkajs/client.ts'
import { quiet } from './consuming.ts'

const options: KafkaOptions = { bootstrapServers: ['localhost:1'], clientId: 'test', logger: quiet }

describe('the client', () => {
  it.each([
    ['plain', 'a username and a password', { username: 'belfry' }],
    ['scram-sha-256', 'a username and a password', { password: 'secret' }],
    ['oauthbearer', 'a token', { username: 'belfry', password: 'secret' }],
  ] as const)('says what the mechanism %s lacks', (mechanism, what, sasl) => {
    expect(() => createKafkaClient({ ...options, sasl: { mechanism, ...sasl } })).toThrow(
      `KAFKA_SASL_INCOMPLETE: SASL ${mechanism} needs ${what}`,
    )
  })

  it('writes what kafkajs calls errors as warnings and the rest only for debugging, without the contents of records', async () => {
    const lines: unknown[] = []
    const write = (level: string) => (fields: object, sentence: string) => void lines.push([level, fields, sentence])
    const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    const kafka = createKafkaClient({ ...options, logger })
    const producer = kafka.logger()
    producer.error('It failed', { broker: 'localhost:1', error: new Error('why'), stack: '…', payload: 'a record' })
    producer.info('It went on', { groupId: 'group', memberAssignment: { events: [0] } })
    producer.debug('Response', { data: 'a record' })
    expect(lines).toEqual([
      ['warn', { broker: 'localhost:1', error: 'why' }, 'kafkajs: It failed'],
      ['debug', { groupId: 'group' }, 'kafkajs: It went on'],
    ])
  })
})
