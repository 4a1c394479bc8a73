/** A value as a sentence shows it: as JSON, at most about 60 characters, and never the whole of something large. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null)
    return `an object of ${Object.keys(value).slice(0, 3).map(short).join(', ') || 'nothing'}`
  return typeof value === 'string' ? JSON.stringify(short(value).toWellFormed()) : String(value)
}

const short = (text: string) => (text.length > 60 ? `${text.slice(0, 57)}…` : text)
