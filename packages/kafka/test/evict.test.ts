import { afterEach, describe, expect, it } from 'vitest'
import { evict } from '../src/group/evict.ts'
import { createKafkaClient } from '../src/kafkajs/client.ts'
import { quiet } from './consuming.ts'
import { type SmallBroker, smallBroker } from './small-broker.ts'

const open: SmallBroker[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

describe('evicting members', () => {
  it('says for each that it leaves, and does not mind one that is not there', async () => {
    const broker = await smallBroker()
    open.push(broker)
    const kafka = createKafkaClient({ bootstrapServers: [broker.address], clientId: 'test', logger: quiet })
    await evict(kafka, 'group', ['dead-1', 'member-1'])
    expect(broker.left).toEqual(['dead-1', 'member-1'])
  })
})
