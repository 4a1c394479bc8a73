import { defineLimits } from '@belfry/contracts/limits'

/** The limits of the store. */
export const postgresLimits = defineLimits({
  REPLAYED: {
    what: 'What is replayed to a connection that resumes',
    most: 1_000,
    unit: 'notifications',
    beyond: '`reset`: the client loads the list',
    metric: 'belfry_resets_total',
    test: 'packages/core/src/testing/store-suite/reading.ts: replays a thousand, and resets whoever lacks more',
  },
})
