import { afterEach, describe, expect, it } from 'vitest'
import { onceSettled } from '../src/consume/once-settled.ts'
import { createKafkaSource } from '../src/index.ts'
import { quiet } from './consuming.ts'
import { createPositions } from './on-kafka.ts'
import { smallBroker } from './small-broker.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

describe('brokers that have not agreed yet on who coordinates a group', () => {
  it('are asked again, so that a source that starts with them starts', async () => {
    const broker = await smallBroker()
    opened.push(broker)
    broker.unsettled = 3
    const positions = createPositions()
    const source = createKafkaSource({
      bootstrapServers: [broker.address],
      clientId: 'test',
      groupId: 'g',
      logger: quiet,
    })
    opened.unshift(source)
    await source.open(['events'], positions)
    expect([...positions.kept.values()]).toMatchObject([{ topic: 'events', partition: 0, next: 0 }])
    expect(broker.unsettled).toBe(-1)
  })

  it('are not asked again where they refuse, nor once it is closing', async () => {
    const { signal } = new AbortController()
    const fails = (error: Error, closing = signal) => {
      let tries = 0
      const tried = onceSettled(async () => {
        tries++
        throw error
      }, closing)
      return tried.catch(() => tries)
    }
    const said = (retriable: boolean) =>
      Object.assign(new Error('says the broker'), { name: 'KafkaJSProtocolError', retriable })
    expect(await fails(new Error('anything'))).toBe(1)
    expect(await fails(said(false))).toBe(1)
    expect(await fails(said(true), AbortSignal.abort())).toBe(1)
  })
})
