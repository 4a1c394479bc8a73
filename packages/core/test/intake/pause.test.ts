import { encodeRecord } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import * as user from '@belfry/contracts/user'
import { expect, it } from 'vitest'
import { type Batch, createHost, createIntake, definePlugin, type Source, type Store } from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const plugin = definePlugin({
  id: 'p',
  events: { bookingCreated: booking.bookingCreated, userCreated: user.userCreated },
  messages: { told: { title: '{id}', body: '' } },
  on: {
    bookingCreated: ({ data, id }, { notify }) => [notify.told(data.userId, { id })],
    userCreated: ({ data, id }, { notify }) => [notify.told(data.userId, { id })],
  },
})
const clock = () => Date.parse('2026-05-01T09:00:00Z')
const host = createHost({ plugins: [plugin] })
const booked = (id: string) => encodeRecord(bookingCreatedBy('u1', { id, bookingId: id }), booking.bookingCreated)
const joined = (id: string) =>
  encodeRecord(
    user.userCreated.create({
      source: '/test',
      id,
      time: '2026-05-01T08:30:00Z',
      data: { userId: 'u1', name: 'Ada', email: 'ada@example.com', roles: [] },
    }),
    user.userCreated,
  )

/** A store and a log that outlive an intake, and what became of them. */
function kept() {
  const store = createMemoryStore({ render: host.render, clock })
  const { source, publisher } = createMemoryEventLog({ clock })
  const titles = async () =>
    (await store.inboxes.page('u1', { limit: 200, filter: 'all' })).items.map(({ title }) => title).reverse()
  return { store, source, publisher, titles }
}

/** An intake of the topics booking and user, on a source and a store that a test may be in the way of. */
async function opened({ source, store }: { readonly source: Source; readonly store: Store }) {
  const said: string[] = []
  const line = (_fields: object, sentence: string) => void said.push(sentence)
  const logger = { debug: line, info: line, warn: line, error: line }
  const intake = createIntake({ source, store, host, clock, logger, onApplied: () => {} })
  await intake.open(['booking', 'user'])
  return { ...intake, said }
}

/** Whether a promise has been kept by now, and everything else that could be done has been done. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false
  void promise.then(() => (done = true))
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

it('pauses one topic once what was taken of it is applied, and the others go on', async () => {
  const { store, source, publisher, titles } = kept()
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const apply = async (batch: Batch) => {
    begun.resolve()
    await gate.promise
    return store.batches.apply(batch)
  }
  const intake = await opened({ source, store: { ...store, batches: { apply } } })
  intake.start('booking', 'user')
  await publisher.publish([booked('taken')])
  await begun.promise
  const paused = intake.pause('booking')
  await publisher.publish([booked('late')])
  expect(await isDone(paused)).toBe(false)
  gate.resolve()
  await paused
  expect(await titles()).toEqual(['taken'])
  await publisher.publish([booked('later'), joined('other')])
  await expect.poll(titles).toEqual(['taken', 'other'])
  expect(intake.status().topics).toEqual([
    { topic: 'booking', state: 'paused' },
    { topic: 'user', state: 'running' },
  ])
  await intake.resume('booking')
  await expect.poll(titles).toEqual(['taken', 'other', 'late', 'later'])
  await intake.close()
})

it('applies nothing of a paused topic that the log was still reading, and loses none of it', async () => {
  const { store, source, publisher, titles } = kept()
  const gate = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<void>()
  const take = async (limit: number) => {
    const chunks = await source.take(limit)
    taken.resolve()
    await gate.promise
    return chunks
  }
  const intake = await opened({ source: { ...source, take }, store })
  await publisher.publish([booked('b1'), joined('j1')])
  intake.start('booking', 'user')
  await taken.promise
  await intake.pause('booking')
  gate.resolve()
  await expect.poll(titles).toEqual(['j1'])
  await publisher.publish([booked('b2'), joined('j2')])
  await expect.poll(titles).toEqual(['j1', 'j2'])
  await intake.resume('booking')
  await expect.poll(titles).toEqual(['j1', 'j2', 'b1', 'b2'])
  // It was given back, and not taken for lost to somebody else.
  expect(intake.said).toEqual([])
  await intake.close()
})

it('leaves paused what was paused before a restart, whoever starts it, until it is resumed', async () => {
  const { store, source, titles } = kept()
  const first = await opened({ source, store })
  first.start('booking', 'user')
  await first.pause('booking')
  await first.close()

  // The log goes on from the positions that the store has.
  const { source: again, publisher: sender } = createMemoryEventLog({ clock })
  const second = await opened({ source: again, store })
  second.start('booking', 'user')
  second.start('booking')
  expect(second.status().topics).toEqual([
    { topic: 'booking', state: 'paused' },
    { topic: 'user', state: 'running' },
  ])
  await sender.publish([booked('b1'), joined('j1')])
  await expect.poll(titles).toEqual(['j1'])
  await second.resume('booking')
  await expect.poll(titles).toEqual(['j1', 'b1'])
  await second.close()

  const third = await opened({ source: createMemoryEventLog({ clock }).source, store })
  third.start('booking', 'user')
  expect(third.status().topics.map(({ state }) => state)).toEqual(['running', 'running'])
  await third.close()
})

it('keeps a topic running that could not be noted as paused, and the other way round', async () => {
  const { store, source, publisher, titles } = kept()
  let away = false
  const setPaused = async (topic: string, paused: boolean) => {
    if (away) throw new Error('away')
    await store.topics.setPaused(topic, paused)
  }
  const intake = await opened({ source, store: { ...store, topics: { ...store.topics, setPaused } } })
  intake.start('booking', 'user')
  away = true
  await expect(intake.pause('booking')).rejects.toThrow('away')
  await publisher.publish([booked('b1')])
  await expect.poll(titles).toEqual(['b1'])
  away = false
  await intake.pause('booking')
  away = true
  await expect(intake.resume('booking')).rejects.toThrow('away')
  await publisher.publish([booked('b2'), joined('j1')])
  await expect.poll(titles).toEqual(['b1', 'j1'])
  await intake.close()
})
