import * as booking from '@belfry/contracts/booking'
import { defineErrors } from '@belfry/contracts/errors'
import { expect, it } from 'vitest'
import { createHost, createIntake, createRetry, definePlugin, type Source, type SourceRecord } from '../../src/index.ts'
import { silent } from '../../src/logger.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const broken = { first: true, second: false }

/** Two plugins that tell of the same event, each broken while a test says so. */
const plugin = (id: 'first' | 'second') =>
  definePlugin({
    id,
    events: booking,
    messages: { told: { title: id, body: '' } },
    on: {
      bookingCreated: ({ data }, { notify }) => {
        if (broken[id]) throw new Error(`${id} is broken`)
        return [notify.told(data.userId, {})]
      },
    },
  })

/** Runs an event, or bytes, through an intake; answers what an operator has then. */
const after = (...values: readonly string[]) => afterReading((record) => record, ...values)

/** The same, where the source reads each record as `read` says. */
async function afterReading(read: (record: SourceRecord) => SourceRecord, ...values: readonly string[]) {
  broken.first = true
  const host = createHost({ plugins: [plugin('first'), plugin('second')] })
  const store = createMemoryStore({ render: host.render, clock })
  const { source, publisher } = createMemoryEventLog({ clock })
  const take: Source['take'] = async (...asked) =>
    (await source.take(...asked)).map((chunk) => ({ ...chunk, records: chunk.records.map(read) }))
  const intake = createIntake({ source: { ...source, take }, store, host, clock, onApplied: () => {} })
  await intake.open(['booking'])
  intake.start('booking')
  const headers = { 'content-type': 'application/cloudevents+json' }
  await publisher.publish(values.map((value) => ({ topic: 'booking', key: 'b1', value, headers })))
  await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
  await intake.close()
  const titles = async () =>
    (await store.inboxes.page('u1', { limit: 9, filter: 'all' })).items.map(({ title }) => title)
  return { store, titles, retry: createRetry({ deadLetters: store.deadLetters, host, logger: silent, clock }) }
}

const event = (more: object = {}) =>
  JSON.stringify({ ...bookingCreatedBy('u1', { id: 'e1', bookingId: 'b1' }), time: '2020-01-01T00:00:00Z', ...more })

it('asks the plugin alone that could not tell, and notifies of an event however old', async () => {
  const { store, titles, retry } = await after(event())
  // The event is years old: what could be told was no news.
  expect(await titles()).toEqual([])
  expect(await store.deadLetters.list({ limit: 9 })).toMatchObject([{ id: 1, plugin: 'first', code: 'HANDLER_FAILED' }])
  expect(await retry(1, false)).toMatchObject({ kind: 'failed', letter: { plugin: 'first' } })
  broken.first = false
  const retried = await retry(1, false)
  expect(retried).toMatchObject({ kind: 'applied' })
  // The other plugin has applied the event at its time.
  expect(retried).not.toHaveProperty('event')
  expect(await titles()).toEqual(['first'])
  expect(await retry(1, false)).toEqual({ kind: 'missing' })
})

it('keeps the letter of a plugin that is not there, or does not listen to its event', async () => {
  const { store, titles } = await after(event())
  const settings = { first: { enabled: false } }
  const host = createHost({ plugins: [plugin('first'), plugin('second')], settings })
  await expect(createRetry({ deadLetters: store.deadLetters, host, logger: silent, clock })(1, false)).rejects.toThrow(
    'RETRY_IMPOSSIBLE: dead letter 1 cannot be retried: there is no plugin first that listens to booking.created',
  )
  expect((await store.deadLetters.list({ limit: 9 })).length).toBe(1)
  expect(await titles()).toEqual([])
})

it('keeps the letter of a plugin whose event cannot be read any more, with the reason of this time', async () => {
  const { store, retry } = await after(event())
  const letter = { ...(await store.deadLetters.find(1)), value: Buffer.from(event({ data: {} })) }
  const found = { ...store, deadLetters: { ...store.deadLetters, find: async () => letter as never } }
  const host = createHost({ plugins: [plugin('first')] })
  expect(await createRetry({ deadLetters: found.deadLetters, host, logger: silent, clock })(1, false)).toMatchObject({
    kind: 'failed',
    letter: { code: 'EVENT_INVALID', plugin: 'first' },
  })
  expect(await store.deadLetters.list({ limit: 9 })).toMatchObject([{ plugin: 'first', code: 'EVENT_INVALID' }])
  expect(await retry(1, false)).toMatchObject({ kind: 'failed' })
})

it('says what other plugins could not tell of what can be read now', async () => {
  const { store, titles } = await after(event({ data: {} }))
  const letter = { ...(await store.deadLetters.find(1)), value: Buffer.from(event()) }
  const found = { ...store, deadLetters: { ...store.deadLetters, find: async () => letter as never } }
  const host = createHost({ plugins: [plugin('first'), plugin('second')] })
  const said: object[] = []
  const logger = { ...silent, warn: (fields: object) => void said.push(fields) }
  expect(await createRetry({ deadLetters: found.deadLetters, host, logger, clock })(1, false)).toMatchObject({
    kind: 'applied',
    left: [{ plugin: 'first', code: 'HANDLER_FAILED' }],
    event: { topic: 'booking', type: 'booking.created' },
  })
  expect(said).toMatchObject([{ event: 'e1', topic: 'booking', offset: 0, plugin: 'first', code: 'HANDLER_FAILED' }])
  expect(await titles()).toEqual(['second'])
})

it('says of no event that it has been applied, where it was sent again and applied meanwhile', async () => {
  const { store } = await after(event({ data: {} }), event())
  const letter = { ...(await store.deadLetters.find(1)), value: Buffer.from(event()) }
  const found = { ...store, deadLetters: { ...store.deadLetters, find: async () => letter as never } }
  const host = createHost({ plugins: [plugin('first'), plugin('second')] })
  const retried = await createRetry({ deadLetters: found.deadLetters, host, logger: silent, clock })(1, true)
  expect(retried).toMatchObject({ kind: 'applied', applied: { repeats: [{ offset: 0 }] } })
  expect(retried).not.toHaveProperty('event')
})

it('leaves what nothing can be made of, and says why', async () => {
  const { store, retry } = await after(event({ data: {} }), '{"specversion":"1.0"}')
  broken.first = false
  expect(await retry(1, false)).toMatchObject({ kind: 'failed', letter: { code: 'EVENT_INVALID' } })
  expect((await store.deadLetters.list({ limit: 9 })).length).toBe(2)
  expect(await retry(7, false)).toEqual({ kind: 'missing' })
  const stranger = { ...(await store.deadLetters.find(1)), value: Buffer.from(event({ type: 'booking.unheard' })) }
  const found = { ...store, deadLetters: { ...store.deadLetters, find: async () => stranger as never } }
  const host = createHost({ plugins: [plugin('first')] })
  await expect(createRetry({ deadLetters: found.deadLetters, host, logger: silent, clock })(1, false)).rejects.toThrow(
    'RETRY_IMPOSSIBLE: dead letter 1 cannot be retried: no plugin listens to',
  )
})

it('keeps of a record that was not read its size and why, without an identity, and does not try it again', async () => {
  const { TOO_LONG } = defineErrors({ TOO_LONG: { says: 'it has {size} bytes', remedy: 'Shorten it.' } })
  const read = (record: SourceRecord): SourceRecord =>
    record.offset === 0
      ? {
          ...record,
          key: null,
          value: null,
          headers: {},
          unread: { error: TOO_LONG({ size: 209_715_200 }), size: 209_715_200 },
        }
      : record
  const { store, titles, retry } = await afterReading(read, event(), event({ time: '2026-05-01T08:59:00Z' }))
  const letters = await store.deadLetters.list({ limit: 9 })
  const letter = await store.deadLetters.find(letters.find(({ offset }) => offset === 0)?.id ?? 0)
  expect(letter).toMatchObject({ code: 'TOO_LONG', message: 'it has 209715200 bytes', size: 209_715_200, value: null })
  expect(letter).not.toHaveProperty('event')
  // The next record has the same event, and is no repeat of it.
  expect(await titles()).toEqual(['second'])
  await expect(retry(letter?.id ?? 0, true)).rejects.toThrow(
    'RETRY_IMPOSSIBLE: dead letter 1 cannot be retried: not all of the 209715200 bytes of its record are kept',
  )
  expect(await store.deadLetters.find(letter?.id ?? 0)).toEqual(letter)
})
