import fc from 'fast-check'
import Type from 'typebox'
import { expect, it } from 'vitest'
import { createCheck } from '../src/check/create-check.ts'
import { shown } from '../src/check/shown.ts'
import { isId, UserId } from '../src/fields.ts'
import { textProblem } from '../src/text-problem.ts'

const check = createCheck(Type.Object({ userId: UserId }))
const problemsOf = (userId: string) => check({ userId }).map(({ message }) => message)

it.each([
  ['NUL', '\0', '"u\\u0000"'],
  ['a line feed', '\n', '"u\\n"'],
  ['U+001F', '\x1f', '"u\\u001f"'],
  ['DEL', '\x7f', '"u\\u007f"'],
  ['U+0080', '\x80', '"u\\u0080"'],
  ['NEL', '\x85', '"u\\u0085"'],
  ['U+009F', '\x9f', '"u\\u009f"'],
  ['the line separator', '\u2028', '"u\\u2028"'],
  ['the paragraph separator', '\u2029', '"u\\u2029"'],
  ['a right-to-left override', '\u202e', '"u\\u202e"'],
  ['the end of an isolate', '\u2069', '"u\\u2069"'],
  ['a deprecated format character', '\u206a', '"u\\u206a"'],
  ['a tag', '\u{e0041}', '"u\\udb40\\udc41"'],
  ['what is not a character', '\u{1fffe}', '"u\\ud83f\\udffe"'],
])('an id with %s is refused, and shown with it escaped', (_, character, escaped) => {
  const id = `u${character}`
  expect(isId(id)).toBe(false)
  expect(problemsOf(id)).toEqual([`is ${escaped}, expected an id of 1 to 128 printable characters, not only dots`])
})

it('an id that is a number is named as one, since its digits alone look like an id', () => {
  expect(check({ userId: 17 }).map(({ message }) => message)).toEqual([
    'is the number 17, expected an id of 1 to 128 printable characters, not only dots',
  ])
})

it.each([
  ['a space', ' '],
  ['a no-break space', '\u00a0'],
  ['the first character after the controls', '\u00a1'],
  ['a right-to-left mark', '\u200f'],
  ['letters of any script', 'ü中ا'],
  ['an emoji', '😀'],
  ['quotes and a backslash', '"\'\\'],
])('an id with %s is taken', (_, characters) => {
  expect(isId(`u${characters}`)).toBe(true)
  expect(problemsOf(`u${characters}`)).toEqual([])
})

it.each(['.', '..', '...', '.'.repeat(128)])('an id of only dots, %s, is refused: paths resolve it away', (id) => {
  expect(isId(id)).toBe(false)
  expect(problemsOf(id)).toEqual([`is ${shown(id)}, expected an id of 1 to 128 printable characters, not only dots`])
})

it.each(['.u', 'u.', '..u..', '%2e', '%2e%2e', '․', '…', '。'])(
  'an id of dots and other characters, %s, is taken',
  (id) => {
    expect(isId(id)).toBe(true)
    expect(problemsOf(id)).toEqual([])
  },
)

it.each([' ', '\u200b', '\u3164', '\u2800', '. .', '\u{e0100}', '\u{1d159}'])(
  'an id without a visible character that is not a dot is refused',
  (id) => {
    expect(isId(id)).toBe(false)
    expect(problemsOf(id)).toHaveLength(1)
  },
)

it('an id has 1 to 128 characters, of which an emoji is one, and no half of a surrogate pair', () => {
  expect(['u', 'u'.repeat(128), '😀'.repeat(128)].map(isId)).toEqual([true, true, true])
  expect(['', 'u'.repeat(129), '😀'.repeat(129), 'u\ud800'].map(isId)).toEqual([false, false, false, false])
})

it('an id can stand for a name, wherever there is none', () => {
  const characters = fc.constantFrom(
    '.',
    ' ',
    '\u200b',
    '\u202d',
    '\u202c',
    '\u{1fffe}',
    '\u{e0041}',
    '\u{e0100}',
    '😀',
  )
  const text = fc.array(characters, { minLength: 1, maxLength: 4 }).map((all) => all.join(''))
  fc.assert(fc.property(text, (one) => void (isId(one) && expect(textProblem(one, 'line')).toBeUndefined())))
})

it('isId and the field of the contracts agree on any text', () => {
  const character = fc.constantFrom(
    'u',
    '.',
    ' ',
    '\u2066',
    '\u2800',
    '\x7e',
    '\x7f',
    '\x9f',
    '\xa0',
    '\u2027',
    '\u2028',
    '\u2029',
    '\u202a',
    '😀',
    '\u{e0041}',
    '\u{e0100}',
  )
  const text = fc.array(character, { maxLength: 140 }).map((characters) => characters.join(''))
  fc.assert(fc.property(text, (one) => void expect(isId(one)).toBe(problemsOf(one).length === 0)))
})
