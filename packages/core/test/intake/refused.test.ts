import { encodeRecord } from '@belfry/contracts'
import { bookingCheckedIn, bookingCheckedOut, bookingCreated } from '@belfry/contracts/booking'
import { expect, it } from 'vitest'
import {
  coreErrors,
  createHost,
  createIntake,
  createRetry,
  definePlugin,
  type Entry,
  type Store,
} from '../../src/index.ts'
import { silent } from '../../src/logger.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const events = { bookingCreated, bookingCheckedIn, bookingCheckedOut }
const messages = { told: { title: '{id}', body: '' } }
let failing = false

/** Keeps who has booked, and tells them and the others. */
const keeping = definePlugin({
  id: 'keeping',
  events,
  messages,
  on: {
    bookingCreated: ({ data, id }, { notify, join, profile }) => [
      notify.told(data.userId, { id }),
      profile(data.userId, { name: id }),
      join(data.userId, { audience: 'bookers' }, { because: data.bookingId }),
    ],
    bookingCheckedIn: ({ id }, { notify }) => [notify.told({ audience: 'bookers' }, { id })],
    bookingCheckedOut: ({ data }, { leave }) => [
      leave({ audience: 'bookers' }, { because: 'e7', person: data.userId }),
    ],
  },
})
/** Keeps who has booked as well, and notifies no person. */
const silently = definePlugin({
  id: 'silently',
  events: { bookingCreated },
  messages: {},
  on: {
    bookingCreated: ({ data }, { join }) => [join(data.userId, { audience: 'silent' }, { because: data.bookingId })],
  },
})
/** Tells the booker, unless it fails. */
const telling = definePlugin({
  id: 'telling',
  events: { bookingCreated },
  messages,
  on: {
    bookingCreated: ({ data, id }, { notify }) => {
      if (failing) throw new Error('no words')
      return [notify.told(data.userId, { id })]
    },
  },
})

const created = (id: string) => encodeRecord(bookingCreatedBy('u1', { id, bookingId: id }), bookingCreated)
const other = (contract: typeof bookingCheckedIn, id: string) =>
  encodeRecord(
    contract.create({
      source: '/test',
      id,
      time: '2026-05-01T08:30:00Z',
      data: { bookingId: 'b', userId: 'u1', resourceId: 'r', checkedInAt: '2026-05-01T08:30:00Z' },
    }),
    contract,
  )
const checkedOut = (id: string) =>
  encodeRecord(
    bookingCheckedOut.create({
      source: '/test',
      id,
      time: '2026-05-01T08:30:00Z',
      data: { bookingId: 'b', userId: 'u1', resourceId: 'r', checkedOutAt: '2026-05-01T08:30:00Z' },
    }),
    bookingCheckedOut,
  )

/** An intake on a store that refuses entries of e7, as far as `refuses` decides. */
async function running(refuses: (entry: Entry) => boolean) {
  const host = createHost({ plugins: [keeping, silently, telling] })
  const { source, publisher } = createMemoryEventLog({ clock })
  const memory = createMemoryStore({ render: host.render, clock })
  let isRefusing = true
  const refuse = (entries: readonly Entry[]) => {
    if (isRefusing && entries.some((one) => one.event?.id === 'e7' && refuses(one)))
      throw coreErrors.STORE_REFUSED({ why: 'invalid byte' })
  }
  const store: Store = {
    ...memory,
    batches: {
      async apply(batch) {
        refuse(batch.slices.flatMap(({ entries }) => entries))
        return memory.batches.apply(batch)
      },
    },
    deadLetters: {
      ...memory.deadLetters,
      async retry(id, retry) {
        refuse([retry.entry])
        return memory.deadLetters.retry(id, retry)
      },
    },
  }
  const intake = createIntake({ source, store, host, clock, onApplied: () => {} })
  await intake.open(['booking'])
  intake.start('booking')
  const send = async (...records: Parameters<typeof publisher.publish>[0]) => {
    await publisher.publish(records)
    await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
  }
  return {
    send,
    close: intake.close,
    retry: createRetry({ deadLetters: store.deadLetters, host, logger: silent, clock }),
    accept: () => {
      isRefusing = false
    },
    letters: async () =>
      (await memory.deadLetters.list({ limit: 9 })).map(({ id, plugin, code, type }) => [id, plugin, code, type]),
    titles: async () => (await memory.inboxes.page('u1', { limit: 99, filter: 'all' })).items.map(({ title }) => title),
  }
}

const notifies = ({ effects }: Entry) => effects.some((one) => one.effects.some(({ kind }) => kind === 'notify'))

it('keeps what handlers keep where the store refuses the notifications, which a retry sends once', async () => {
  const { send, close, retry, accept, letters, titles } = await running(notifies)
  failing = false
  await send(created('e6'), created('e7'), created('e8'))
  expect(await letters()).toEqual([
    [2, 'telling', 'NOTIFICATIONS_REFUSED', 'booking.created'],
    [1, 'keeping', 'NOTIFICATIONS_REFUSED', 'booking.created'],
  ])
  // By its membership because of e7, among others.
  await send(other(bookingCheckedIn, 'in'))
  expect((await titles()).filter((title) => title === 'in')).toEqual(['in'])
  await expect(retry(1, false)).rejects.toThrow('STORE_REFUSED')
  expect(await letters()).toHaveLength(2)
  accept()
  expect(await retry(1, false)).toMatchObject({ kind: 'applied', left: [] })
  expect(await retry(2, false)).toMatchObject({ kind: 'applied', left: [] })
  expect([await letters(), (await titles()).filter((title) => title === 'e7')]).toEqual([[], ['e7', 'e7']])
  // A repeat of it has no effects, as of any event that was applied.
  const before = await titles()
  await send(created('e7'))
  expect(await titles()).toEqual(before)
  await close()
})

it('does not bring back by a retry what later events have taken away', async () => {
  const { send, close, retry, accept, titles } = await running(notifies)
  failing = false
  await send(created('e7'), checkedOut('out'))
  accept()
  expect(await retry(1, false)).toMatchObject({ kind: 'applied' })
  await send(other(bookingCheckedIn, 'in'))
  expect(await titles()).toEqual(['e7'])
  await close()
})

it('is still to be notified only, where the retry has failed for another reason', async () => {
  const { send, close, retry, accept, letters, titles } = await running(notifies)
  failing = false
  await send(created('e7'))
  accept()
  failing = true
  expect(await retry(2, false)).toMatchObject({
    kind: 'failed',
    letter: { message: expect.stringContaining('no words') },
  })
  expect(await letters()).toContainEqual([2, 'telling', 'NOTIFICATIONS_REFUSED', 'booking.created'])
  failing = false
  expect(await retry(2, false)).toMatchObject({ kind: 'applied' })
  expect(await titles()).toEqual(['e7'])
  await close()
})

it('keeps the letters of plugins that had failed', async () => {
  const { send, close, retry, accept, letters, titles } = await running(notifies)
  failing = true
  await send(created('e7'))
  expect(await letters()).toEqual([
    [2, 'keeping', 'NOTIFICATIONS_REFUSED', 'booking.created'],
    [1, 'telling', 'HANDLER_FAILED', 'booking.created'],
  ])
  accept()
  failing = false
  expect(await retry(1, false)).toMatchObject({ kind: 'applied' })
  expect(await retry(2, false)).toMatchObject({ kind: 'applied' })
  expect([await letters(), await titles()]).toEqual([[], ['e7', 'e7']])
  await close()
})

it('keeps the whole event as one dead letter where the store refuses the rest too', async () => {
  const { send, close, retry, accept, letters, titles } = await running(({ effects }) => effects.length > 0)
  failing = false
  await send(created('e7'))
  expect(await letters()).toEqual([[1, undefined, 'EVENT_REFUSED', 'booking.created']])
  await send(other(bookingCheckedIn, 'in'))
  expect(await titles()).toEqual([])
  accept()
  expect(await retry(1, false)).toMatchObject({ kind: 'applied' })
  await send(other(bookingCheckedIn, 'in2'))
  expect(await titles()).toEqual(['in2', 'e7', 'e7'])
  await close()
})
