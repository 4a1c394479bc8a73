import { sql } from 'kysely'

/**
 * Says of a dead letter whether it names a person: a header is them, or its bytes hold them as a JSON string that is no field's name,
 * however its letters are escaped, also in JSON inside of JSON, or as a number; of what could not be read its key alone may be them.
 */
export function naming(person: string) {
  return sql`((key = ${Buffer.from(person)} and event_id is null) or encode(value, 'escape') ~ ${patternOf(person)}
    or exists (select from jsonb_each_text(headers) h where h.value = ${person}))`
}

/** Of bytes as Postgres writes them with `escape`: a backslash is two, and every byte above 127 is one with three octal digits. */
function patternOf(person: string): string {
  // JSON inside of JSON escapes the quotes, and the backslashes before them, once more.
  const text = `\\\\*"${Array.from(person, anyForm).join('')}\\\\*"(?![[:space:]]*:)`
  return /^-?\d+(\.\d+)?$/.test(person) ? `${text}|(^|[[:space:],:[])${escaped(person)}($|[[:space:],}\\]\\\\])` : text
}

/** A character as it is, or as an escape of its UTF-16 units, in either case of its digits. */
function anyForm(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  const digits = (unit: number) => unit.toString(16).padStart(4, '0')
  const eitherCase = (text: string) => text.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
  const asEscapes = units.map((unit) => `\\\\+u${eitherCase(digits(unit))}`).join('')
  return `(${asItIs(character)}|${asEscapes})`
}

function asItIs(character: string): string {
  if (character === '\\') return '\\\\+'
  // What JSON may escape, or must.
  if (character === '/' || character === '"') return `\\\\*${character}`
  if (character <= '~') return escaped(character)
  return [...Buffer.from(character)].map((byte) => `\\\\${byte.toString(8)}`).join('')
}

const escaped = (text: string): string => text.replace(/[^\w]/g, (character) => `\\${character}`)
