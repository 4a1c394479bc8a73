import { createBoundedCache } from './bounded-cache.ts'

/** The clock of a time zone. Moments and offsets are in milliseconds. */
export interface ZoneClock {
  /** How far its clock is ahead of UTC at this moment. */
  offsetAt(moment: number): number
  /** Whether its clock shows the time of this moment twice, because it is set back within the hours around it. */
  isRepeated(moment: number): boolean
}

/** What the clock does in one span of time: its offset, and after `changeAt` another one. */
interface Span {
  readonly before: number
  readonly changeAt: number
  readonly after: number
}

const DAY_MS = 86_400_000
/** Since 1946 no clock is changed twice within a span and the days around it: where changes are closest, in Gaza, they are a week apart. */
const SPAN_MS = 2 * DAY_MS
/** Times of notifications lie within some years; producers choose them, so their number is limited. */
const MAX_KEPT_SPANS = 1_000

/** Makes the clock of a zone that Intl supports. Each span is computed once, because Intl takes longer than the rest of a text. */
export function createZoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  const offsetOf = (moment: number): number => {
    const [, sign, hours, minutes, seconds = 0] = /GMT([+-])(\d+):(\d+)(?::(\d+))?/.exec(format.format(moment)) ?? []
    if (sign === undefined) return 0
    return (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
  }
  const spanOf = createBoundedCache(MAX_KEPT_SPANS, (index: number): Span => {
    let [from, to] = [index * SPAN_MS - DAY_MS, (index + 1) * SPAN_MS + DAY_MS]
    const [before, after] = [offsetOf(from), offsetOf(to)]
    if (before === after) return { before, changeAt: Number.POSITIVE_INFINITY, after }
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2)
      if (offsetOf(middle) === before) from = middle
      else to = middle
    }
    return { before, changeAt: to, after }
  })
  const spanAt = (moment: number) => spanOf(Math.floor(moment / SPAN_MS))
  return {
    offsetAt(moment) {
      const { before, changeAt, after } = spanAt(moment)
      return moment < changeAt ? before : after
    },
    isRepeated(moment) {
      const { before, changeAt, after } = spanAt(moment)
      return Math.abs(moment - changeAt) <= before - after && moment !== changeAt + before - after
    },
  }
}
