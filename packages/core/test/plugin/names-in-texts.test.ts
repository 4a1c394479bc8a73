import * as booking from '@belfry/contracts/booking'
import { describe, expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin, type Parameters } from '../../src/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const [hebrew, arabic] = ['חדר 5', 'غرفة']
const isolated = (name: string) => `\u2068${name}\u2069`
const withMessage = (title: string, body = '', others: Readonly<Record<string, string>> = {}): AnyPlugin => ({
  ...definePlugin({ id: 'p', events: booking, on: {} }),
  messages: { m: { title, body } },
  translations: Object.fromEntries(
    Object.entries(others).map(([locale, text]) => [locale, { m: { title: text, body } }]),
  ),
})
const shown = (text: string, parameters: Parameters, locale = 'en', others = {}) =>
  createHost({ plugins: [withMessage(text, '', others)] }).render(
    { plugin: 'p', message: 'm', parameters },
    { locale, timeZone: 'UTC' },
  ).title

describe('a name in a text', () => {
  it('is isolated where it has letters of another direction', () => {
    expect(shown('{name} is booked', { name: hebrew })).toBe(`${isolated(hebrew)} is booked`)
    expect(shown('{name} is booked', { name: `Room ${arabic}` })).toBe(`${isolated(`Room ${arabic}`)} is booked`)
    expect(shown('{n, plural, other {# in {name}}}', { n: 2, name: hebrew })).toBe(`2 in ${isolated(hebrew)}`)
    expect(shown('for {names, list}', { names: JSON.stringify(['a', arabic, 2]) })).toBe(
      `for a, ${isolated(arabic)} and 2 more`,
    )
    // Without a letter of its own a text is as English is.
    expect(shown('{a}: {b}', { a: hebrew, b: 'Room' })).toBe(`${isolated(hebrew)}: Room`)
  })

  it('is isolated in a text from right to left where its letters are from left to right', () => {
    const texts = { he: '{name} הוזמן', ar: 'تم حجز {name}' }
    expect(shown('{name} is booked', { name: 'Room 5' }, 'he', texts)).toBe(`${isolated('Room 5')} הוזמן`)
    expect(shown('{name} is booked', { name: 'Room 5' }, 'ar', texts)).toBe(`تم حجز ${isolated('Room 5')}`)
    expect(shown('{name} is booked', { name: hebrew }, 'he', texts)).toBe(`${hebrew} הוזמן`)
  })

  it('is isolated where it sets another direction itself, whatever its letters', () => {
    for (const name of ['\u202bRoom\u202c', '\u202eRoom\u202c'])
      expect(shown('{name}, 2 is booked', { name })).toBe(`${isolated(name)}, 2 is booked`)
    const name = `\u202d${hebrew}\u202c`
    expect(shown('{name}, 2', { name }, 'he', { he: '{name}, 2 הוזמן' })).toBe(`${isolated(name)}, 2 הוזמן`)
  })

  it.each(['Room 5', 'Straße', '会議室', 'Зал', '5 – 6', '٥', '🎉', ''])('is as it is otherwise: %s', (name) => {
    expect(shown('{name} is booked', { name })).toBe(`${name} is booked`)
  })

  it.each([hebrew, arabic, 'Room'])('is as it is where it is all of the text: %s', (name) => {
    expect(shown('{name}', { name })).toBe(name)
  })
})

/** Why a notification with this title, body and these parameters is not sent; nothing where it is. */
async function refusalOf(plugin: AnyPlugin, parameters: object, options?: object) {
  const handler = (_event: unknown, { notify }: { notify: { m: (...values: unknown[]) => never } }) => [
    notify.m('u1', parameters, options),
  ]
  const host = createHost({ plugins: [{ ...plugin, on: { bookingCreated: handler } }] })
  const [outcome] = await host.dispatch([{ event: bookingCreatedBy('u1'), contract: booking.bookingCreated }])
  return outcome?.failures[0]?.error.message
}

describe('a parameter', () => {
  const plugin = withMessage('{line}: {list, list}', '{lines} {how, select, well {} other {}}')
  const all = { line: 'a', list: ['b'], lines: 'c', how: 'well' }

  it.each<[string, object, string]>([
    ['a control character', { line: 'a\u0007' }, 'parameters.line has U+0007 at character 2, a control character'],
    ['a line break in a title', { line: 'a\nb' }, 'parameters.line has U+000A at character 2, a line break'],
    [
      'a direction that nothing closes',
      { lines: 'a\u202eb' },
      'parameters.lines has U+202E at character 2, which nothing closes',
    ],
    [
      'an end that closes nothing',
      { list: ['a', 'b\u2069'] },
      'parameters.list.1 has U+2069 at character 2, which closes nothing',
    ],
    [
      'nothing that can be seen',
      { lines: ' \u200b' },
      'parameters.lines has nothing that can be seen, only U+0020, U+200B',
    ],
  ])('is refused with %s', async (_what, wrong, why) => {
    expect(await refusalOf(plugin, { ...all, ...wrong })).toBe(`EFFECT_INVALID: notify.m: ${why}`)
  })

  it.each([{}, { lines: 'a\n\tb' }, { lines: '\u2067a\u2069' }, { lines: '' }])(
    'is taken as it is: %j',
    async (right) => {
      expect(await refusalOf(plugin, { ...all, ...right })).toBeUndefined()
    },
  )

  it('is refused with a line break where it is in the title of any language', async () => {
    const german = withMessage('seen', '{name}', { de: '{name}' })
    expect(await refusalOf(german, { name: 'a\nb' })).toMatch(
      /parameters\.name has U\+000A at character 2, a line break$/,
    )
  })

  it('is refused where it leaves nothing of a title to be seen, in any language', async () => {
    const empty = { name: '', how: 'much' }
    const why = 'EFFECT_INVALID: notify.m: the title has nothing that can be seen'
    expect(await refusalOf(withMessage('{name}', 'seen'), empty)).toBe(why)
    expect(await refusalOf(withMessage('{how, select, much { } other {seen}}', 'seen'), empty)).toBe(why)
    expect(await refusalOf(withMessage('{n, plural, =0 {{name}} other {#}}', 'seen'), { ...empty, n: 0 })).toBe(why)
    expect(await refusalOf(withMessage('{name} seen', '', { de: '{name}' }), empty)).toBe(`${why} in de`)
    expect(await refusalOf(withMessage('{n, plural, =0 {{name}} other {#}}'), { ...empty, n: 1 })).toBeUndefined()
    expect(await refusalOf(withMessage('{name}', ''), { name: 'seen' })).toBeUndefined()
  })

  it('is checked like the category, which people see', async () => {
    expect(await refusalOf(plugin, all, { category: 'a\u0007' })).toMatch(/category has U\+0007/)
  })
})

it.each([
  [withMessage(''), 'title has nothing that can be seen'],
  [withMessage(' \u200b'), 'title has nothing that can be seen'],
  [withMessage('{x, select, a {} other { }}'), 'title has nothing that can be seen'],
  [withMessage('seen', '\u2060'), 'body has nothing that can be seen'],
  [withMessage('a\u202e {name}'), 'title has U+202E at character 2, which nothing closes'],
  [withMessage('seen', 'a\u0000'), 'body has U+0000 at character 2, a control character'],
])('a text that people cannot read is refused at start: %#', (plugin, why) => {
  expect(() => createHost({ plugins: [plugin] })).toThrow(`PLUGINS_INVALID: plugin p: messages.m.${why}`)
})
