import { Email, Link, Locale, Time, TimeZone } from '@belfry/contracts/fields'
import type { Draws } from '@belfry/test-services/random'

/** The part of JSON Schema that contracts use. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly minimum?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
}

const describing = (field: object): unknown => Reflect.get(field, 'description')
const [ofTime, ofLocale, ofTimeZone] = [Time, Locale, TimeZone].map(describing)
const [ofEmail, ofLink] = [Email, Link].map(describing)

/** Four bytes in UTF-8, twelve characters in a link: no character takes more room. */
const LARGEST_CHARACTER = '\u{1f6ce}'
/** What texts, links and links' paths may take for something else. */
const ALPHABET = [...`aZ0 .-_/?#%&<>{}'"“„«\\|$#@:;ßéα中ש`, 'ﷺ', 'e\u0301', LARGEST_CHARACTER]
const LAST_DAY = Date.parse('9999-12-31T00:00:00Z')
const MOMENTS = [
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00+14:00',
  '2026-10-25T00:30:00Z',
  '2026-10-25T01:15:00.999Z',
]
const ZONES = ['America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Auckland', 'Africa/Monrovia']
const LOCALES = ['en', 'de', 'de-AT', 'ar-EG-u-nu-arab-ca-islamic', 'th', 'zh-Hant', 'x-private']

/** Data with every field, each as long as it may be; two texts differ, also those of one list. */
export function largestData(schema: Schema): unknown {
  let count = 0
  const textOf = ({ description, maxLength = 2_000 }: Schema): string => {
    count++
    // The first of two times of a contract is before the second, in digits that go on until the text is as long as it may be.
    if (description === ofTime)
      return `${new Date(LAST_DAY + 1_000 * count).toISOString().slice(0, -1)}`.padEnd(maxLength - 1, '0').concat('Z')
    if (description === ofLocale) return 'de-DE-x-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa'
    if (description === ofTimeZone) return 'America/Argentina/ComodRivadavia'
    if (description === ofEmail) return `${count}@`.padEnd(maxLength, 'e')
    if (description === ofLink) return '/'.padEnd(maxLength, 'l')
    const suffix = `${count}`
    return LARGEST_CHARACTER.repeat(maxLength - suffix.length) + suffix
  }
  const dataOf = (of: Schema): unknown => {
    if (of.anyOf) return dataOf(of.anyOf[0] ?? {})
    if (of.enum) return of.enum.at(-1)
    if (of.type === 'object')
      return Object.fromEntries(Object.entries(of.properties ?? {}).map(([name, field]) => [name, dataOf(field)]))
    if (of.type === 'array') return Array.from({ length: of.maxItems ?? 0 }, () => dataOf(of.items ?? {}))
    if (of.type === 'boolean') return true
    return of.type === 'integer' ? Number.MAX_SAFE_INTEGER : textOf(of)
  }
  return dataOf(schema)
}

/** Random data, nearly always valid: fields are there or not, lists have repeats, texts are of any length that they may have. */
export function randomData(schema: Schema, draws: Draws): unknown {
  const textOf = ({ description, minLength = 1, maxLength = 2_000 }: Schema): string => {
    if (description === ofTime)
      return draws.chance(0.5) ? draws.one(MOMENTS) : new Date(draws.below(4_102_444_800_000)).toISOString()
    if (description === ofLocale) return draws.one(LOCALES)
    if (description === ofTimeZone) return draws.one(ZONES)
    if (description === ofEmail) return `${draws.below(3)}@example.org`
    if (description === ofLink) return draws.one(['/', '/a?b#c', 'https://example.org/%20'])
    const length = draws.chance(0.8) ? minLength + draws.below(3) : maxLength - draws.below(2)
    return Array.from({ length }, () => draws.one(ALPHABET)).join('')
  }
  const dataOf = (of: Schema): unknown => {
    if (of.anyOf) return dataOf(draws.one(of.anyOf))
    if (of.enum) return draws.one(of.enum)
    if (of.type === 'object') {
      const fields = Object.entries(of.properties ?? {})
      const there = fields.filter(([name]) => of.required?.includes(name) || draws.chance(0.6))
      return Object.fromEntries(there.map(([name, field]) => [name, dataOf(field)]))
    }
    if (of.type === 'array') {
      const some = Array.from({ length: draws.below(Math.min(of.maxItems ?? 9, 9)) }, () => dataOf(of.items ?? {}))
      return draws.chance(0.3) ? [...some, ...some.slice(0, 1)] : some
    }
    if (of.type === 'null') return null
    if (of.type === 'boolean') return draws.chance(0.5)
    return of.type === 'integer' ? (of.minimum ?? 0) + draws.below(2_000) : textOf(of)
  }
  return dataOf(schema)
}
