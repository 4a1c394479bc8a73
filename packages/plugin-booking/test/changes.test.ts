import { expect, it } from 'vitest'
import { changesOf } from '../src/changes.ts'

/** A booking.updated in which all of this many attendees are new. */
function updateOf(count: number) {
  const named = (name: string) => Array.from({ length: count }, (_, index) => `${name.repeat(100)}${index}`)
  return {
    bookingId: 'b',
    userId: 'u',
    resourceId: 'r',
    attendeeIds: named('x'),
    previous: { attendeeIds: named('y') },
    startsAt: '2030-05-05T10:00:00Z',
    endsAt: '2030-05-05T11:00:00Z',
  }
}

function millisecondsFor(count: number): number {
  const data = updateOf(count)
  const began = performance.now()
  changesOf(data)
  return performance.now() - began
}

it('takes ten times as long for ten times the attendees, and not a hundred times', () => {
  // Other programs only make a run longer, so the shortest of each counts; the runs alternate, so that both are slowed alike.
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let run = 0; run < 10; run++) {
    small = Math.min(small, millisecondsFor(1_000))
    large = Math.min(large, millisecondsFor(10_000))
  }
  expect(large).toBeLessThan(40 * small + 5)
})
