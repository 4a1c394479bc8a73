import { eventLimits } from '../event-limits.ts'
import { quoted } from '../printable.ts'

/**
 * Returns a value for use in a sentence: as JSON, at most about 60 characters. Of a list it shows the length, of an object the first names.
 * In a string, characters that are not printable are escaped.
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value).slice(0, 3)
    return `an object of ${names.map((name) => shorten(name)).join(', ') || 'nothing'}`
  }
  return typeof value === 'string' ? quoted(shorten(value)) : shorten(String(value))
}

/** Returns a well-formed text of at most `most` characters; a longer one is cut and ends with an ellipsis. */
export function shorten(text: string, most: number = eventLimits.SHOWN.most): string {
  return (text.length > most ? `${text.slice(0, most - 3)}…` : text).toWellFormed()
}
