import * as booking from '@belfry/contracts/booking'
import { expect, it } from 'vitest'
import {
  type AnyPlugin,
  createHost,
  createIntake,
  createRetry,
  definePlugin,
  type EffectMakers,
} from '../../src/index.ts'
import { silent } from '../../src/logger.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

/* A text never decides whether a profile or an audience is kept. */

const clock = () => Date.parse('2026-05-01T09:00:00Z')
const messages = { told: { title: 'Told', body: '{text}' }, due: { title: 'Due', body: '{at, moment}' } } as const
const translations = { de: { told: { title: 'Gesagt', body: '{text}' } } }
/** The makers as plain JavaScript sees them: anything goes in. */
type Makers = Omit<EffectMakers<object>, 'notify'> & { notify: Record<'told' | 'due', (...values: unknown[]) => never> }
const members = { audience: 'members' }
const tooLong = 'x'.repeat(9_000)

/** Runs events of u1's booking through the intake, with this handler and a plugin that tells members of each. */
async function after(handle: (makers: Makers, id: string) => unknown, ids: readonly string[] = ['e1']) {
  let runs = 0
  const plugin: AnyPlugin = {
    ...definePlugin({ id: 'p', events: booking, messages, translations, on: {} }),
    on: {
      bookingCreated: ({ id }: { id: string }, makers: Makers) => {
        runs++
        return handle(makers, id)
      },
    },
  }
  const others = definePlugin({
    id: 'others',
    events: booking,
    messages: { heard: { title: 'Heard', body: '' } },
    on: { bookingCreated: (_event, { notify }) => [notify.heard(members, {})] },
  })
  const host = createHost({ plugins: [plugin, others] })
  const store = createMemoryStore({ render: host.render, clock })
  const { source, publisher } = createMemoryEventLog({ clock })
  const intake = createIntake({ source, store, host, clock, onApplied: () => {} })
  await intake.open(['booking'])
  intake.start('booking')
  const headers = { 'content-type': 'application/cloudevents+json' }
  const values = ids.map((id) => JSON.stringify(bookingCreatedBy('u1', { id })))
  await publisher.publish(values.map((value) => ({ topic: 'booking', key: 'b1', value, headers })))
  await expect.poll(async () => (await source.progress()).every(({ next, end }) => next === end)).toBe(true)
  await intake.close()
  const titles = async (person: string) =>
    (await store.inboxes.page(person, { limit: 9, filter: 'all' })).items.map(({ title }) => title)
  const letters = async () =>
    (await store.deadLetters.list({ limit: 9 })).map(({ plugin: id, handler, code, message }) => ({
      id,
      handler,
      code,
      message,
    }))
  const retry = createRetry({ deadLetters: store.deadLetters, host, logger: silent, clock })
  return { titles, letters, runs: () => runs, retry: (force = false) => retry(1, force) }
}

const kept = ({ profile, join }: Makers) => [
  profile('u1', { locale: 'de' }),
  join('u1', members, { because: 'e1' }),
  join('u2', members, { because: 'e1' }),
]

it.each<[string, unknown[], RegExp]>([
  ['a text that is too long', [{ text: tooLong }], /parameters\.text has 9000 characters/],
  ['no parameters', [undefined], /parameters\.text is missing/],
  ['a link that is refused', [{ text: 't' }, { link: 'javascript:x' }], /link is/],
  ['options that are null', [{ text: 't' }, null], /it cannot be made/],
  [
    'a value that throws when it is read',
    [
      {
        get text() {
          throw new Error('gone')
        },
      },
    ],
    /it cannot be made: gone/,
  ],
])('keeps what a handler keeps whose notification has %s', async (_what, values, why) => {
  const { titles, letters, runs } = await after((makers) => [makers.notify.told('u1', ...values), kept(makers)])
  expect(await titles('u1')).toEqual(['Heard'])
  expect(await titles('u2')).toEqual(['Heard'])
  expect(await letters()).toEqual([
    { id: 'p', handler: 'bookingCreated', code: 'EFFECT_INVALID', message: expect.stringMatching(why) },
  ])
  // A second try would fail in the same way.
  expect(runs()).toBe(1)
})

it('sends none of the notifications of a handler now where one is invalid, and all of them at the retry', async () => {
  let text = tooLong
  const { titles, letters, retry } = await after((makers) => [
    makers.notify.told('u3', { text: 'valid' }),
    kept(makers),
    makers.notify.told('u3', { text }),
  ])
  expect(await titles('u3')).toEqual([])
  // It fails again, and still keeps what it keeps.
  expect(await retry()).toMatchObject({ kind: 'failed', letter: { code: 'EFFECT_INVALID' }, applied: { changes: [] } })
  text = 'shorter'
  expect(await retry()).toMatchObject({ kind: 'applied', left: [] })
  expect(await titles('u3')).toEqual(['Told', 'Told'])
  expect(await titles('u1')).toEqual(['Heard'])
  expect(await letters()).toEqual([])
})

it('undoes nothing that later events of its key have kept, where an operator retries it by force', async () => {
  let text = tooLong
  const { titles, retry } = await after(
    ({ notify, profile }, id) =>
      id === 'e1' ? [profile('u3', { locale: 'de' }), notify.told('u3', { text })] : [profile('u3', { locale: 'en' })],
    ['e1', 'e2'],
  )
  text = 'shorter'
  expect(await retry()).toEqual({ kind: 'followed', followedBy: 1 })
  expect(await retry(true)).toMatchObject({ kind: 'applied', left: [] })
  expect(await titles('u3')).toEqual(['Told'])
})

it('names all that is invalid in one dead letter', async () => {
  const { letters } = await after(({ notify }) => [notify.told('u1', { text: 1 }), notify.due('u1', { at: 'noon' })])
  expect((await letters()).map(({ message }) => message)).toEqual([
    'notify: told.parameters.text is 1, expected a string; due.parameters.at is "noon", expected an RFC 3339 time',
  ])
})

it('keeps nothing of a handler that would keep what is invalid: a retry applies all of it', async () => {
  const { titles, letters } = await after((makers) => [
    kept(makers),
    makers.profile('u1', { locale: 'no such locale' }),
    makers.notify.told('u1', { text: 't' }),
  ])
  expect(await titles('u1')).toEqual([])
  expect((await letters()).map(({ code, message }) => [code, message.slice(0, 18)])).toEqual([
    ['EFFECT_INVALID', 'profile: locale is'],
  ])
})

it('does not fail for an invalid notification that is not returned', async () => {
  const { titles, letters } = await after((makers) => {
    makers.notify.told('u1', { text: tooLong })
    return kept(makers)
  })
  expect([await titles('u1'), await letters()]).toEqual([['Heard'], []])
})
