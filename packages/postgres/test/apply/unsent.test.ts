import * as booking from '@belfry/contracts/booking'
import { createHost, createIntake, definePlugin } from '@belfry/core'
import { createMemoryEventLog } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { createStore } from '../../src/index.ts'
import { engines, oneDatabase } from '../one-database.ts'

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const members = { audience: 'members' }

/** Its first event joins a person whom it cannot tell; its second tells the audience. */
const plugin = definePlugin({
  id: 'p',
  events: booking,
  messages: { told: { title: 'Told', body: '{text}' } },
  on: {
    bookingCreated: ({ id, data }, { notify, join, profile }) => [
      id === 'e1' && [
        notify.told(data.userId, { text: 'x'.repeat(9_000) }),
        profile(data.userId, { locale: 'de' }),
        join(data.userId, members, { because: 'e1' }),
      ],
      id === 'e2' && notify.told(members, { text: 'members' }),
    ],
  },
})

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`an invalid notification on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))

    it('becomes a dead letter in the transaction that applies what its handler keeps', async () => {
      const host = createHost({ plugins: [plugin] })
      const store = await createStore(await empty(), { render: host.render, clock })
      const { source, publisher } = createMemoryEventLog({ clock })
      const intake = createIntake({ source, store, host, clock, onApplied: () => {} })
      await intake.open(['booking'])
      intake.start('booking')
      const headers = { 'content-type': 'application/cloudevents+json' }
      const data = { bookingId: 'b1', userId: 'u1', resourceId: 'r1' }
      const times = { startsAt: '2026-05-05T10:00:00Z', endsAt: '2026-05-05T11:00:00Z' }
      const values = ['e1', 'e2'].map((id) =>
        JSON.stringify(
          booking.bookingCreated.create({
            source: '/test',
            id,
            time: '2026-05-01T08:00:00Z',
            data: { ...data, ...times },
          }),
        ),
      )
      await publisher.publish(values.map((value) => ({ topic: 'booking', key: 'b1', value, headers })))
      await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
      await intake.close()
      const { items } = await store.inboxes.page('u1', { limit: 9, filter: 'all' })
      expect(items.map(({ body }) => body)).toEqual(['members'])
      expect(await store.deadLetters.list({ limit: 9 })).toMatchObject([
        { plugin: 'p', handler: 'bookingCreated', code: 'EFFECT_INVALID', event: { id: 'e1' }, followedBy: 1 },
      ])
    })
  })
