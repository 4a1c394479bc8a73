import { bookingCreated } from '@belfry/contracts/booking'
import { uniqueName } from '@belfry/test-services'
import { expect, it } from 'vitest'
import { services, startOn } from './start-on.ts'

it.skipIf(services === undefined)(
  'tells of an event that was sent over HTTP, although its topic holds plain JSON',
  async () => {
    const env = {
      NOTIFICATION_SERVICE__KAFKA__TOPIC_NAMES__BOOKING: uniqueName(),
      NOTIFICATION_SERVICE__KAFKA__ENVELOPE__BOOKING__TYPE: 'eventType',
      NOTIFICATION_SERVICE__KAFKA__ENVELOPE__BOOKING__DATA: 'payload',
      NOTIFICATION_SERVICE__KAFKA__ENVELOPE__BOOKING__SOURCE: '/legacy',
    }
    await using belfry = await startOn(['booking'], { env })
    const event = bookingCreated.create({
      source: '/test',
      id: 'b1:created',
      data: {
        bookingId: 'b1',
        userId: 'u1',
        resourceId: 'r1',
        startsAt: '2030-05-05T10:00:00Z',
        endsAt: '2030-05-05T11:00:00Z',
      },
    })
    expect(await belfry.send(event)).toBe(202)
    await expect.poll(async () => (await belfry.call('u1', '/v1/notifications')).body.items).toHaveLength(1)
    expect((await belfry.ops('/dead-letters')).items).toEqual([])
  },
  60_000,
)
