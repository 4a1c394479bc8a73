import fc from 'fast-check'
import Type from 'typebox'
import { expect, it } from 'vitest'
import { createCheck } from '../src/check/create-check.ts'
import { isId, UserId } from '../src/fields.ts'

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
])('an id with %s is refused, and shown with it escaped', (_, character, shown) => {
  const id = `u${character}`
  expect(isId(id)).toBe(false)
  expect(problemsOf(id)).toEqual([`is ${shown}, expected an id of 1 to 128 printable characters`])
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

it('an id has 1 to 128 characters, of which an emoji is one, and no half of a surrogate pair', () => {
  expect(['u', 'u'.repeat(128), '😀'.repeat(128)].map(isId)).toEqual([true, true, true])
  expect(['', 'u'.repeat(129), '😀'.repeat(129), 'u\ud800'].map(isId)).toEqual([false, false, false, false])
})

it('isId and the field of the contracts agree on any text', () => {
  const character = fc.constantFrom('u', '\x7e', '\x7f', '\x9f', '\xa0', '\u2027', '\u2028', '\u2029', '\u202a', '😀')
  const text = fc.array(character, { maxLength: 140 }).map((characters) => characters.join(''))
  fc.assert(fc.property(text, (one) => void expect(isId(one)).toBe(problemsOf(one).length === 0)))
})
