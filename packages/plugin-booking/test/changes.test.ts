import { expect, it } from 'vitest'
import { changesOf } from '../src/changes.ts'

/** The shortest of some runs, in milliseconds, of comparing this many attendees who are all others than before. */
function timeOf(count: number): number {
  const named = (of: string) => Array.from({ length: count }, (_, index) => `${of.repeat(100)}${index}`)
  const runs = Array.from({ length: 5 }, () => {
    const data = {
      bookingId: 'b',
      userId: 'u',
      resourceId: 'r',
      attendeeIds: named('x'),
      previous: { attendeeIds: named('y') },
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    }
    const began = performance.now()
    changesOf(data)
    return performance.now() - began
  })
  return Math.min(...runs)
}

it('takes ten times as long for ten times the attendees, and not a hundred times', () => {
  expect(timeOf(10_000)).toBeLessThan(40 * timeOf(1_000) + 5)
})
