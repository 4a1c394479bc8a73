import fc from 'fast-check'
import Type, { type TSchema } from 'typebox'
import { describe, expect, it } from 'vitest'
import { createCheck } from '../src/check/create-check.ts'
import { isBlank, textProblem } from '../src/check/index.ts'
import { AudienceName, Category, Email, Name, Text } from '../src/fields.ts'
import { allContracts } from '../src/index.ts'

const problemOf = (schema: TSchema, text: string) => createCheck(schema)(text)[0]?.message
const refused = (what: string) => `${what}, expected a name of 1 to 200 characters`

describe('a name', () => {
  it.each([
    ['a\0b', 'has U+0000 at character 2, a control character'],
    ['a\x07', 'has U+0007 at character 2, a control character'],
    ['\x1b[31mred', 'has U+001B at character 1, a control character'],
    ['a\tb', 'has U+0009 at character 2, a control character'],
    ['a\nb', 'has U+000A at character 2, a line break'],
    ['a\r\nb', 'has U+000D at character 2, a line break'],
    ['a\x7f', 'has U+007F at character 2, a control character'],
    ['a\x85b', 'has U+0085 at character 2, a control character'],
    ['a\u2028b', 'has U+2028 at character 2, a line separator'],
    ['a\u2029b', 'has U+2029 at character 2, a paragraph separator'],
    ['a\u206a', 'has U+206A at character 2, a format character that is deprecated'],
    ['a\ufff9b\ufffac\ufffb', 'has U+FFF9 at character 2, a mark of annotations'],
    ['a\ufdd0', 'has U+FDD0 at character 2, which is not a character'],
    ['a\u{1ffff}', 'has U+1FFFF at character 2, which is not a character'],
    ['a\u{e0001}\u{e0041}', 'has U+E0001 at character 2, a tag, which is invisible'],
    ['😀\u{e0061}', 'has U+E0061 at character 2, a tag, which is invisible'],
    ['\u{1f3f4}\u{e0067}\u{e0062}', 'has U+E0067 at character 2, a tag, which is invisible'],
    [`\u{1f3f4}${'\u{e0061}'.repeat(7)}\u{e007f}`, 'has U+E0061 at character 2, a tag, which is invisible'],
    ['invoice\u202efdp.exe', 'has U+202E at character 8, which nothing closes'],
    ['\u202aa', 'has U+202A at character 1, which nothing closes'],
    ['\u2067a\u202c', 'has U+202C at character 3, which closes nothing'],
    ['a\u202c', 'has U+202C at character 2, which closes nothing'],
    ['a\u2069b\u2066', 'has U+2069 at character 2, which closes nothing'],
    ['\u2066a\u202eb\u2069', 'has U+202E at character 3, which nothing closes'],
    ['\u202a\u2068a\u202cb\u2069', 'has U+202C at character 4, which closes nothing'],
    ['😀👨‍👩‍👧\u202e', 'has U+202E at character 7, which nothing closes'],
  ])('%j is refused with the character and its place', (text, problem) => {
    expect(problemOf(Name, text)).toBe(refused(problem))
  })

  it.each([
    [' ', 'U+0020'],
    ['\u00a0\u2003', 'U+00A0, U+2003'],
    ['\u200b', 'U+200B'],
    ['\u200b\u200c\u200d\u2060', 'U+200B, U+200C, U+200D and others'],
    ['\u3164', 'U+3164'],
    ['\u115f\u1160\uffa0', 'U+115F, U+1160, U+FFA0'],
    ['\u2800', 'U+2800'],
    ['\u00ad', 'U+00AD'],
    ['\u034f', 'U+034F'],
    ['\u17b4\u17b5', 'U+17B4, U+17B5'],
    ['\u180e\u180b', 'U+180E, U+180B'],
    ['\ufeff', 'U+FEFF'],
    ['\ufe0f', 'U+FE0F'],
    ['\u{e0100}', 'U+E0100'],
    ['\u2061\u2064', 'U+2061, U+2064'],
    ['\u{1d159}\u{1d173}', 'U+1D159, U+1D173'],
    ['\u{1bca0}', 'U+1BCA0'],
    ['\u{13430}', 'U+13430'],
    ['\u200f\u061c', 'U+200F, U+061C'],
    ['\u2067\u2069', 'U+2067, U+2069'],
    ['\r\n\t', 'U+000D, U+000A, U+0009'],
  ])('%j, in which there is nothing to see, is refused', (text, characters) => {
    expect(problemOf(Name, text)).toBe(refused(`has nothing that can be seen, only ${characters}`))
    expect(isBlank(text)).toBe(true)
  })

  it.each([
    'Room 7',
    'Straße — 東京 · غرفة · חדר',
    'می‌خواهم',
    'क्‍ष',
    '👨‍👩‍👧 ❤️ 1️⃣',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿 and 🏴󠁧󠁢󠁳󠁣󠁴󠁿',
    '辻\u{e0100}',
    'غرفة\u200f 7\u200e',
    '\u2068חדר\u2069 \u202bغرفة\u202c',
    '\u2066\u202ea\u202c\u2067b\u2069\u2069',
    'soft\u00adhyphen',
    '\ufeffA',
    '.',
    'ـ',
  ])('%s is taken as it is', (text) => {
    expect(problemOf(Name, text)).toBeUndefined()
    expect(isBlank(text)).toBe(false)
  })

  it('that is empty or too long is still refused for its length', () => {
    expect(problemOf(Name, '')).toBe(refused('is ""'))
    expect(problemOf(Name, 'x'.repeat(201))).toBe(refused(`is "${'x'.repeat(57)}…"`))
    expect(problemOf(Name, '\u202e'.repeat(20_000))).toMatch(/^is "(?:\\u202e)+…", expected a name/)
  })
})

describe('a text', () => {
  it('has tabs and line breaks, but no other control characters', () => {
    expect(problemOf(Text, 'One.\r\n\tTwo.\n')).toBeUndefined()
    for (const character of ['\v', '\f', '\b', '\x85', '\u2028', '\u2029'])
      expect(problemOf(Text, `a${character}b`)).toMatch(/^has U\+[0-9A-F]{4} at character 2, a /)
  })

  it('may close on another line what it opened', () => {
    expect(problemOf(Text, '\u2067a\nb\u2069')).toBeUndefined()
    expect(problemOf(Text, '\u2067a\nb')).toMatch(/^has U\+2067 at character 1, which nothing closes/)
  })

  it.each(['\n', ' \r\n\t', '\u200b\n'])('of blank lines, %j, is refused', (text) => {
    expect(problemOf(Text, text)).toMatch(/^has nothing that can be seen, only U\+/)
  })
})

describe('every other string that people read', () => {
  it.each<[string, TSchema]>([
    ['a category', Category],
    ['the name of an audience', AudienceName],
    ['an e-mail address', Email],
  ])('%s is checked as a name is', (what, schema) => {
    const text = what === 'an e-mail address' ? 'amy@example.org' : 'role/admin'
    expect(problemOf(schema, text)).toBeUndefined()
    expect(problemOf(schema, `${text}\u202e`)).toMatch(
      new RegExp(`^has U\\+202E at character ${text.length + 1}, which nothing closes, expected ${what}`),
    )
    expect(problemOf(schema, `${text}\u{e0041}`)).toMatch(/^has U\+E0041/)
  })

  it('is named in previous and in lists too', () => {
    const check = createCheck(
      Type.Object({ was: Type.Optional(Type.Union([Name, Type.Null()])), roles: Type.Array(Name) }),
    )
    expect(check({ was: 'a\x07', roles: ['b', 'c\n'] }).map(({ path, message }) => `${path} ${message}`)).toEqual([
      `/was ${refused('has U+0007 at character 2, a control character')}, or null`,
      `/roles/1 ${refused('has U+000A at character 2, a line break')}`,
    ])
  })

  it('is checked in every field of every contract', () => {
    for (const { type, schema } of allContracts)
      for (const [path, text] of stringsOf(schema, type))
        for (const bad of ['/a\u0007b', '\u202eab', '\u200b', 'a\u2028b'])
          expect(createCheck(text)(bad), `${path} with ${JSON.stringify(bad)}`).toHaveLength(1)
  })
})

interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly items?: TSchema
  readonly anyOf?: readonly TSchema[]
}

function stringsOf(schema: TSchema, path: string): [string, TSchema][] {
  const { type, properties = {}, items, anyOf = [] }: Shape = schema
  return [
    ...(type === 'string' ? [[path, schema] satisfies [string, TSchema]] : []),
    ...Object.entries(properties).flatMap(([name, one]) => stringsOf(one, `${path}.${name}`)),
    ...(items ? stringsOf(items, `${path}[]`) : []),
    ...anyOf.flatMap((one) => stringsOf(one, path)),
  ]
}

describe('the pattern of the JSON Schema', () => {
  const odd = [
    'a',
    '.',
    ' ',
    '\n',
    '\t',
    '\0',
    '\x85',
    '\u00a0',
    '\u00ad',
    '\u200b',
    '\u2028',
    '\u202e',
    '\u202c',
    '\u2066',
    '\u2069',
    '\u206a',
    '\u2800',
    '\u3164',
    '\ufe0f',
    '\uffa0',
    '\ufff9',
    '\uffff',
    '😀',
  ]
  const texts = fc.array(fc.constantFrom(...odd), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))

  it.each<['line' | 'lines', TSchema]>([
    ['line', Name],
    ['lines', Text],
  ])('of %s refuses what the check refuses, except directions that are not closed', (kind, schema) => {
    const { pattern = '' }: { readonly pattern?: string } = schema
    const matches = new RegExp(pattern, 'u')
    fc.assert(
      fc.property(texts, (text) => {
        const undirected = text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
        if (undirected === text) expect(matches.test(text)).toBe(textProblem(text, kind) === undefined)
        else if (!matches.test(text)) expect(textProblem(text, kind)).toBeDefined()
      }),
      { numRuns: 2_000 },
    )
  })
})
