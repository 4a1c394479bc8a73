import { defineLimits } from '@belfry/contracts/limits'

/** The limits of the store. */
export const postgresLimits = defineLimits({
  REPLAYED: {
    what: 'Notifications that are replayed to a connection that resumes',
    most: 1_000,
    unit: 'notifications',
    beyond: '`reset`: the client loads the list',
    metric: 'belfry_resets_total',
    test: 'packages/core/src/testing/store-suite/reading.ts: replays a thousand, and resets clients that lack more',
  },
  LETTER_NAMES_AT_ONCE: {
    what: 'Names in a dead letter that are found out while it is written',
    most: 1_000,
    unit: 'names',
    beyond: 'they are found out in a step of their own, and before any person is erased',
    test: 'packages/postgres/test/letters/letters.test.ts: finds the people named in a letter of 80,000 names, and in one of an earlier version',
  },
  LETTER_NAMES: {
    what: 'Names in a dead letter that are kept, as hashes',
    most: 200_000,
    unit: 'names',
    beyond:
      'its bytes are left out, and its size is kept; with `kafka.max_record_bytes` of 1 MiB no record has as many',
    test: 'packages/postgres/test/letters/letters.test.ts: keeps no bytes of a letter that names more than are kept',
  },
  REMEMBERED_INSTANCES: {
    what: 'Instances whose latest payload of NOTIFY is remembered, so that no payload is processed twice',
    most: 1_000,
    unit: 'instances',
    beyond: 'the one that has sent nothing for the longest time is dropped',
    test: 'packages/postgres/test/peers/payloads.test.ts: are taken once, and of a thousand instances the latest is remembered',
  },
  PEOPLE_CALLS: {
    what: 'Reads and marks of people that are under way at the store or wait for a connection',
    most: 1_000,
    unit: 'requests',
    beyond: '503 with `Retry-After`, at once',
    test: 'packages/postgres/test/connect/bound-calls.test.ts: beyond a thousand are refused at once, and each that ends makes room',
  },
  APPENDS: {
    what: 'Requests of `POST /v1/events` that append to the log in the store at once',
    most: 4,
    unit: 'requests',
    beyond: 'the others wait in a line',
    test: 'packages/postgres/test/connect/bound-calls.test.ts: appends to the log take turns, and those that find no place are refused',
  },
  APPENDS_WAITING: {
    what: 'Requests of `POST /v1/events` that wait for the log in the store',
    most: 1_000,
    unit: 'requests',
    beyond: '503 with `Retry-After`, at once',
    test: 'packages/postgres/test/connect/bound-calls.test.ts: appends to the log take turns, and those that find no place are refused',
  },
})
