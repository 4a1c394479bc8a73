import fc from 'fast-check'
import Format, { IsDateTime } from 'typebox/format'
import { expect, it } from 'vitest'
import '@belfry/contracts/fields'
import { isDateTime } from '../src/date-time.ts'

const digits = (most: number, length = 2) =>
  fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(length, '0'))
const piece = (...texts: readonly string[]) => fc.constantFrom(...texts)
const offset = fc.oneof(
  piece('Z', 'z', '', '+', '[Europe/Berlin]'),
  fc.tuple(piece('+', '-'), digits(25), piece(':', ''), digits(61)).map((all) => all.join('')),
)
const time = fc
  .tuple(
    digits(9_999, 4),
    piece('-', '/'),
    digits(13),
    piece('-'),
    digits(32),
    piece('T', 't', ' '),
    digits(25),
    piece(':'),
    digits(61),
    piece(':'),
    digits(61),
    piece('', '.', '.5', '.123456789', ',5'),
    offset,
  )
  .map((all) => all.join(''))

it('times are what TypeBox takes for the format date-time, in every field', () => {
  expect(Format.Get('date-time')).toBe(isDateTime)
  const both = fc.property(fc.oneof(time, fc.string()), (text) => {
    expect([text, isDateTime(text)]).toEqual([text, IsDateTime(text)])
  })
  fc.assert(both, { numRuns: 5_000 })
})

it('a time of each day of a year and of a leap year is one, and the day after each month is none', () => {
  for (const year of [2027, 2028])
    for (let month = 1; month <= 12; month++)
      for (let day = 0; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T10:00:00Z`
        expect([text, isDateTime(text)]).toEqual([text, IsDateTime(text)])
      }
})
