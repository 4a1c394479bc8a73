import { defineLimits } from './limits.ts'

/** The limits of events and of what is checked. */
export const eventLimits = defineLimits({
  DEPTH: {
    what: 'Objects and lists in one another, in events and bodies',
    most: 64,
    unit: 'levels',
    beyond: '400, or a dead letter (`EVENT_INVALID`)',
    test: 'packages/contracts/test/codec.test.ts: says what it is when it is no event',
  },
})
