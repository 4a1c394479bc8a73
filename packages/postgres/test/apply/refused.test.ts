import { encodeRecord } from '@belfry/contracts'
import { bookingCheckedIn, bookingCreated } from '@belfry/contracts/booking'
import { createHost, createIntake, createRetry, definePlugin, type Render } from '@belfry/core'
import { createMemoryEventLog, start } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { createStore, type Database } from '../../src/index.ts'
import { engines, oneDatabase } from '../one-database.ts'

const clock = () => start
const time = new Date(start).toISOString()
const plugin = definePlugin({
  id: 'p',
  events: { bookingCreated, bookingCheckedIn },
  messages: { told: { title: '{id}', body: '' } },
  on: {
    bookingCreated: ({ data, id }, { notify, join, profile }) => [
      profile(data.userId, { name: id }),
      join(data.userId, { audience: 'bookers' }, { because: data.bookingId }),
      notify.told(data.userId, { id }),
    ],
    bookingCheckedIn: ({ id }, { notify }) => [notify.told({ audience: 'bookers' }, { id })],
  },
})
const created = (id: string, userId: string) =>
  encodeRecord(
    bookingCreated.create({
      source: '/test',
      id,
      time,
      data: {
        bookingId: id,
        userId,
        resourceId: 'r',
        startsAt: '2026-06-01T10:00:00Z',
        endsAt: '2026-06-01T11:00:00Z',
      },
    }),
    bookingCreated,
  )
const checkedIn = (id: string) =>
  encodeRecord(
    bookingCheckedIn.create({
      source: '/test',
      id,
      time,
      data: { bookingId: 'b', userId: 'u1', resourceId: 'r', checkedInAt: time },
    }),
    bookingCheckedIn,
  )

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`an event whose notification ${name} refuses`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))

    /** The store, an intake and a retry on it. While `isBroken` is true a text cannot be rendered, or holds what no store can keep. */
    async function running(database: Database, isBroken: () => boolean, broken: (text: string) => string) {
      const host = createHost({ plugins: [plugin] })
      const render: Render = (said, reader) => {
        const text = host.render(said, reader)
        return text.title === 'e2' && isBroken() ? { ...text, title: broken(text.title) } : text
      }
      const store = await createStore(database, { render, clock })
      const { source, publisher } = createMemoryEventLog({ clock })
      const intake = createIntake({ source, store, host, clock, onApplied: () => {} })
      await intake.open(['booking'])
      intake.start('booking')
      const none = () => {}
      const logger = { debug: none, info: none, warn: none, error: none }
      return {
        store,
        close: intake.close,
        retry: createRetry({ deadLetters: store.deadLetters, host, logger, clock }),
        async send(...records: Parameters<typeof publisher.publish>[0]) {
          await publisher.publish(records)
          await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
        },
        titles: async (person: string) =>
          (await store.inboxes.page(person, { limit: 9, filter: 'all' })).items.map(({ title }) => title),
        letters: async () => (await store.deadLetters.list({ limit: 9 })).map((one) => [one.id, one.plugin, one.code]),
      }
    }

    const breaks: readonly (readonly [string, (text: string) => string])[] = [
      ['for a NUL in it', () => 'a\0b'],
      [
        'since it cannot be rendered',
        () => {
          throw new Error('no such words')
        },
      ],
    ]
    for (const [why, broken] of breaks)
      it(`keeps its profile and its audience, ${why}, and notifies once by a retry`, async () => {
        let isBroken = true
        const { store, send, close, retry, titles, letters } = await running(await empty(), () => isBroken, broken)
        await send(created('e1', 'u1'), created('e2', 'u2'), created('e3', 'u3'))
        expect(await letters()).toEqual([[1, 'p', 'NOTIFICATIONS_REFUSED']])
        expect([await titles('u1'), await titles('u2'), await titles('u3')]).toEqual([['e1'], [], ['e3']])
        await send(checkedIn('in'))
        expect(await titles('u2')).toEqual(['in'])
        await expect(retry(1, false)).rejects.toThrow()
        expect(await letters()).toHaveLength(1)
        isBroken = false
        expect(await retry(1, false)).toMatchObject({ kind: 'applied', left: [] })
        expect([await letters(), await titles('u2')]).toEqual([[], ['e2', 'in']])
        await send(created('e2', 'u2'), checkedIn('in2'))
        expect(await titles('u2')).toEqual(['in2', 'e2', 'in'])
        expect((await store.inboxes.page('u2', { limit: 1, filter: 'all' })).head).toBe(3)
        await close()
      })
  })
