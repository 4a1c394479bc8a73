import { isUtf8 } from 'node:buffer'
import type { SourceForm } from '@belfry/core'
import type { HeaderTexts } from '../fetched-messages.ts'
import { type Cursor, countOfHeaders } from './cursor.ts'

/** Headers that Belfry reads; those of others may hold any bytes. */
const ATTRIBUTE = /^ce[-_]/i
/** How many headers of the last record are remembered, and the most characters of a remembered name or value. */
const REMEMBERED_HEADERS = 16
const REMEMBERED_CHARACTERS = 128

/** Names and values of the last record's headers, by their place. Most records of a topic differ in few of them. */
const names: string[] = []
const values: string[] = []

/** Reads the headers of a record; the last of several with one name counts, as in Kafka's own clients. A header without a value is left out. */
export function readTexts(cursor: Cursor): HeaderTexts {
  const count = countOfHeaders(cursor)
  const headers: Record<string, string> = {}
  let odd: OddHeaders | undefined
  for (let place = 0; place < count; place++) {
    const name = cursor.text(cursor.varint(), names[place]) ?? ''
    remember(names, place, name)
    const length = cursor.varint()
    const isRepeated = odd?.seen.has(name) === true || Object.hasOwn(headers, name)
    const text = cursor.text(length, values[place])
    if (text === undefined) {
      odd ??= { seen: new Set(), repeated: new Set(), latin1: new Set() }
      odd.seen.add(name)
      delete headers[name]
      continue
    }
    remember(values, place, text)
    const isLatin1 = text.includes('\ufffd') && !isUtf8(cursor.bytes.subarray(cursor.at - length, cursor.at))
    if (isRepeated || isLatin1) {
      odd ??= { seen: new Set(), repeated: new Set(), latin1: new Set() }
      if (isRepeated) odd.repeated.add(name)
      odd.latin1[isLatin1 ? 'add' : 'delete'](name)
    }
    // As UTF-8, different bytes would become one replacement character, and two ids that differ in them one event.
    set(headers, name, isLatin1 ? cursor.bytes.toString('latin1', cursor.at - length, cursor.at) : text)
  }
  const forms = odd && formsOf(headers, odd)
  return forms === undefined ? { headers } : { headers, forms }
}

/** Names of headers that came without a value, that came several times, and that are not UTF-8. */
interface OddHeaders {
  readonly seen: Set<string>
  readonly repeated: Set<string>
  readonly latin1: Set<string>
}

function formsOf(headers: HeaderTexts['headers'], { repeated, latin1 }: OddHeaders): readonly SourceForm[] | undefined {
  const isOfAttribute = (name: string) => ATTRIBUTE.test(name) && Object.hasOwn(headers, name)
  const forms: SourceForm[] = []
  if ([...repeated].some(isOfAttribute)) forms.push('repeated_attributes')
  if ([...latin1].some(isOfAttribute)) forms.push('latin1_attributes')
  return forms.length > 0 ? forms : undefined
}

function remember(texts: string[], place: number, text: string): void {
  if (place < REMEMBERED_HEADERS && text.length <= REMEMBERED_CHARACTERS) texts[place] = text
}

/** `__proto__` is a name like any other. */
function set(headers: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') headers[name] = value
  else Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true })
}
