import { defineEvent } from '@belfry/contracts'
import * as booking from '@belfry/contracts/booking'
import { BelfryError } from '@belfry/contracts/errors'
import Type from 'typebox'
import { expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin } from '../../src/index.ts'

const problemsOf = (plugins: readonly AnyPlugin[], settings = {}): readonly string[] => {
  try {
    createHost({ plugins, settings })
  } catch (error) {
    if (error instanceof BelfryError && error.code === 'PLUGINS_INVALID')
      return error.problems.map(({ path, message }) => `${path} ${message}`)
    throw error
  }
  return []
}

/** A plugin as plain JavaScript writes one: no compiler has seen it. */
const untyped = (more: Partial<AnyPlugin> & { id: string }): AnyPlugin => ({ events: booking, on: {}, ...more })

it('names two plugins with one id', () => {
  expect(problemsOf([untyped({ id: 'booking' }), untyped({ id: 'booking' })])).toEqual([
    'plugin booking is there twice: each plugin needs an id of its own',
  ])
})

it('names an id that could not be part of a type', () => {
  expect(problemsOf([untyped({ id: 'Booking Bell' })])).toEqual([
    'plugin "Booking Bell" needs an id of lower-case letters, digits and dashes',
  ])
})

it('names every text that cannot be read, of every plugin, at once', () => {
  const texts = (title: string) => ({ messages: { m: { title, body: '' } } })
  expect(
    problemsOf([
      untyped({ id: 'a', ...texts('{x') }),
      untyped({ id: 'b', ...texts('{}') }),
      untyped({ id: 'c', ...texts('{n, nubmer}') }),
      untyped({ id: 'd', ...texts('{n, plural, one {# day}}') }),
      untyped({ id: 'e', ...texts('{at, date, shrot}') }),
      untyped({ id: 'f', ...texts('{at, date, short} {at, number}') }),
      untyped({ id: 'g', ...texts('{at, moment} {when, Range}') }),
      untyped({ id: 'h', ...texts('{when.start, moment}') }),
      untyped({ id: 'i', ...texts('{at,}') }),
      untyped({ id: 'j', ...texts('{at, date,}') }),
    ]),
  ).toEqual([
    'plugin a: messages.m.title cannot be read: a { is never closed',
    'plugin b: messages.m.title cannot be read: an argument has no name: {}',
    'plugin c: messages.m.title cannot be read: "nubmer" is not a type, expected number, date, time, moment, range, list, plural, selectordinal or select',
    'plugin d: messages.m.title cannot be read: a plural or select has no "other"',
    'plugin e: messages.m.title uses {at, date, shrot}, but the styles are short, medium, long, full, or a skeleton after ::',
    'plugin f: messages.m.title uses {at} both as time and as number',
    'plugin g: messages.m.title cannot be read: "Range" is not a type, expected number, date, time, moment, range, list, plural, selectordinal or select',
    'plugin h: messages.m.title cannot be read: an argument is not a name, or a name with a type: {name}, {name, number}',
    'plugin i: messages.m.title cannot be read: an argument has a comma without a type: {name,}',
    'plugin j: messages.m.title cannot be read: an argument has a comma without a style: {name, number,}',
  ])
})

it('names translations with other parameters, of no message, and under no locale', () => {
  const plugin = untyped({
    id: 'a',
    messages: { m: { title: '{name}', body: '{at, date, short}' } },
    translations: {
      de: { m: { title: '{nmae}', body: '{at}' } },
      fr: { n: { title: 'n', body: '' } },
      en_GB: {},
    },
  })
  expect(problemsOf([plugin])).toEqual([
    'plugin a: translations.de.m uses {nmae}, which the English text does not have',
    'plugin a: translations.de.m uses {at} as text, but the English text uses it as time',
    'plugin a: translations.fr.n is not a message of this plugin',
    'plugin a: translations.en_GB is not a BCP 47 locale',
  ])
})

it('warns of what a translation leaves out, and starts', () => {
  const host = createHost({
    plugins: [
      untyped({
        id: 'a',
        messages: { m: { title: '{name}', body: '' }, n: { title: 'n', body: '' } },
        translations: { de: { m: { title: 'Hallo', body: '' } } },
      }),
    ],
  })
  expect(host.warnings).toEqual([
    'plugin a: translations.de.m does not use {name}',
    'plugin a: translations.de.n is missing: English is used',
  ])
})

it('names a handler for no event, with what was meant', () => {
  expect(problemsOf([untyped({ id: 'a', on: { bookingCraeted: () => [] } })])).toEqual([
    'plugin a: on.bookingCraeted is not an event of this plugin, did you mean bookingCreated?',
  ])
})

it('names two contracts for one type', () => {
  const another = defineEvent({
    type: 'booking.created',
    topic: 'booking',
    key: 'id',
    data: Type.Object({ id: Type.String() }),
  })
  expect(problemsOf([untyped({ id: 'a' }), untyped({ id: 'b', events: { another } })])).toEqual([
    'plugin b: booking.created is another contract than the one of plugin a: both must import the same',
  ])
})

it('names wrong settings of every plugin, and settings of no plugin', () => {
  const quiet = definePlugin({
    id: 'quiet',
    config: Type.Object({ from: Type.Integer({ minimum: 0, default: 22 }) }),
    events: booking,
    on: {},
  })
  const problems = problemsOf([quiet], { quiet: { from: -1, form: 3 }, quite: {} })
  expect(problems).toHaveLength(3)
  expect(problems[0]).toBe('plugins.quite has settings, but there is no such plugin, did you mean quiet?')
  expect(problems.slice(1).join('\n')).toMatch(/plugins\.quiet\.from is -1/)
  expect(problems.slice(1).join('\n')).toMatch(/plugins\.quiet\.form is unknown, did you mean from\?/)
})

it('leaves out a plugin that is not enabled', () => {
  expect(createHost({ plugins: [untyped({ id: 'a' })], settings: { a: { enabled: false } } }).plugins).toEqual([])
})
