const LATEST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * Returns a record's timestamp in milliseconds since 1970, or 0 for one that cannot be used: a broker without timestamps sends -1, and a
 * producer that counts in microseconds names a year that the store cannot keep.
 */
export const momentOf = (timestamp: number): number => (timestamp > 0 && timestamp <= LATEST_MOMENT ? timestamp : 0)

/** A record's timestamp as RFC 3339. */
export const timeOf = (timestamp: number): string => new Date(momentOf(timestamp)).toISOString()

/** The forms of RFC 3339 that `Date` or a store cannot read: with `t` or a space, or with a leap second. */
const ODD_RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/**
 * A time of RFC 3339 in the form that every store and `Date` can read: with `T`, and with the last millisecond before a leap second. What is
 * not RFC 3339 is returned as it is.
 */
export function plainTime(time: string): string {
  if (time[10] === 'T' && time[17] !== '6') return time
  const [all, day, minute, second = '', fraction = '', zone = ''] = ODD_RFC_3339.exec(time) ?? []
  return all === undefined ? time : `${day}T${minute}:${second === '60' ? '59.999' : `${second}${fraction}`}${zone}`
}

/** From 5138 in seconds, and from 1973 in milliseconds. */
const LEAST_MILLISECONDS = 1e11

/**
 * A number of a plain JSON envelope as RFC 3339: seconds since 1970, with a fraction or without, milliseconds, microseconds or nanoseconds.
 * Their ranges for the years 1973 to 5138 do not overlap. Undefined for a number that is not such a time.
 */
export function timeOfNumber(number: number): string | undefined {
  if (number < 0) return undefined
  let milliseconds = number < LEAST_MILLISECONDS ? number * 1_000 : number
  for (let unit = 0; unit < 2 && milliseconds >= 1_000 * LEAST_MILLISECONDS; unit++) milliseconds /= 1_000
  return milliseconds <= LATEST_MOMENT ? new Date(milliseconds).toISOString() : undefined
}
