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
  LETTER_NAMES_AT_ONCE: {
    what: 'Names in a dead letter that are found out while it is written',
    most: 1_000,
    unit: 'names',
    beyond: 'they are found out in a step of their own, and before any person is erased',
    test: 'packages/postgres/test/letters.test.ts: finds whoever is named in a letter of 80,000 names, and in one from before',
  },
  LETTER_NAMES: {
    what: 'Names in a dead letter that are kept, as hashes',
    most: 200_000,
    unit: 'names',
    beyond:
      'its bytes are left out, and its size is kept; with `kafka.max_record_bytes` of 1 MiB no record has as many',
    test: 'packages/postgres/test/letters.test.ts: keeps no bytes of a letter that names more than are kept',
  },
  INSTANCES_HEARD: {
    what: 'Instances of which the latest payload of NOTIFY is remembered, so that none is taken twice',
    most: 1_000,
    unit: 'instances',
    beyond: 'the one that was silent for the longest is forgotten',
    test: 'packages/postgres/test/payloads.test.ts: are taken once, and of a thousand instances the latest is remembered',
  },
})
