import { uniqueName } from '@belfry/test-services'
import { describe, expect, it } from 'vitest'
import { nineteenEvents } from '../nineteen-events.ts'
import { topics } from './planned.ts'
import { services, startOn } from './start-on.ts'

describe.skipIf(services === undefined)('on Kafka each of the six topics', () => {
  it('is started on its own', async () => {
    const [first = '', ...others] = topics
    await using belfry = await startOn([first])
    await belfry.sendAll()
    await belfry.expectBehind(others)
    for (const [index, topic] of others.entries()) {
      await belfry.belfry.start(topic)
      await belfry.expectBehind(others.slice(index + 1))
    }
  })
})

describe.skipIf(services === undefined)('an event that is larger than its topic takes', () => {
  it('is refused as that, and not as if Kafka were away', async () => {
    if (services === undefined) throw new Error('there is no Kafka')
    const name = uniqueName()
    await services.kafka.createTopic(name, { config: { 'max.message.bytes': '2000' } })
    await using belfry = await startOn([], { env: { NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: name } })
    const events = nineteenEvents(Date.now()).map(({ event }) => event)
    const booking = events.find(({ type }) => type === 'booking.created')
    const large = { ...booking, id: 'large', data: Object.assign({ comment: 'x'.repeat(2_000) }, booking?.data) }
    const post = async (json: unknown) => {
      const authorization = `Bearer ${await belfry.token('producer', 'events:write')}`
      return belfry.call('producer', '/v1/events', {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(json),
      })
    }
    const { status, body } = await post([...events, large])
    expect(status).toBe(413)
    expect(body).toMatchObject({
      code: 'EVENT_TOO_LARGE',
      detail: expect.stringMatching(/^booking does not accept a record of/),
    })
    expect((await post(events)).status).toBe(202)
    await belfry.expectBehind([])
  })
})
