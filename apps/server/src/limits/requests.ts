import { defineLimits } from '@belfry/contracts/limits'

/** Limits of requests, and of what answers them. */
export const requestLimits = defineLimits({
  HEADERS: {
    what: 'Headers of a request',
    most: 16_384,
    unit: 'bytes',
    beyond: '431',
    test: 'apps/server/test/http/unreadable.test.ts: headers of 20 KB',
  },
  BODY: {
    what: 'The body of `POST /v1/events`',
    most: 1_048_576,
    unit: 'bytes',
    beyond: '413',
    test: 'apps/server/test/http/http.test.ts: too large',
  },
  DECOMPRESSED_BODY: {
    what: 'The body of `POST /v1/events`, decompressed',
    most: 1_048_576,
    unit: 'bytes',
    beyond: '413, before more of it is decompressed',
    test: 'apps/server/test/http/compressed.test.ts: that becomes more than the limit is refused, and costs no more than the limit',
  },
  SMALL_BODY: {
    what: 'The body of any other request',
    most: 4_096,
    unit: 'bytes',
    beyond: '413, before more of it is read',
    test: 'apps/server/test/http/large-requests.test.ts: of more than 4 KiB is refused by',
  },
  BATCH: {
    what: 'Events in a batch',
    most: 1_000,
    unit: 'events',
    beyond: '400',
    test: 'apps/server/test/http/http.test.ts: a batch of too many',
  },
  PAGE: {
    what: 'A page of the inbox',
    most: 200,
    unit: 'notifications',
    beyond: '400',
    test: 'apps/server/test/http/http.test.ts: /v1/notifications?limit=201',
  },
  REQUEST_MS: {
    what: 'A request, from its first byte to its last',
    most: 20_000,
    unit: 'ms',
    beyond: '408',
    test: 'apps/server/test/http/slow-requests.long.test.ts: that does not come to its end is answered 408, and one that does in time is not',
  },
  DETAIL: {
    what: 'The sentence of a problem in an answer',
    most: 4_500,
    unit: 'characters',
    beyond: 'it is cut, and ends with "…"',
    test: 'apps/server/test/http/large-requests.test.ts: of a megabyte of unknown keys in place of an event is answered in some kilobytes',
  },
  BODIES_OF_PERSON: {
    what: 'Bodies of `POST /v1/events` that are held at once, of one person',
    most: 16_777_216,
    unit: 'bytes',
    beyond: '429, before the body is read',
    metric: 'belfry_limited_total{limit="BODIES"}',
    test: 'apps/server/test/http/bodies.test.ts: of one sender that are held at once are limited, and others still send',
  },
  BODIES: {
    what: 'Bodies of `POST /v1/events` that are held at once, in all',
    most: 67_108_864,
    unit: 'bytes',
    beyond: '429, before the body is read',
    metric: 'belfry_limited_total{limit="BODIES"}',
    test: 'apps/server/test/http/bodies.test.ts: of one sender that are held at once are limited, and others still send',
  },
})
