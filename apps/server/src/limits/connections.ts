import { defineLimits } from '@belfry/contracts/limits'

/** Limits of connections that clients open to this process. */
export const connectionLimits = defineLimits({
  HTTP_CONNECTIONS: {
    what: 'Connections of all clients, sockets and event streams among them',
    most: 20_000,
    unit: 'connections',
    key: 'http.max_connections',
    beyond: 'the newest is closed at once',
    metric: 'belfry_limited_total{limit="HTTP_CONNECTIONS"}',
    test: 'apps/server/test/http/connections/connections.test.ts: beyond the limit are closed at once, and each that goes makes room',
  },
  OPS_CONNECTIONS: {
    what: 'Connections to `http.ops_port`',
    most: 1_000,
    unit: 'connections',
    beyond: 'the newest is closed at once',
    metric: 'belfry_limited_total{limit="OPS_CONNECTIONS"}',
    test: 'apps/server/test/http/connections/connections.test.ts: beyond the limit are closed at once, and each that goes makes room',
  },
  PIPELINED: {
    what: 'Requests of one connection that wait for their answers',
    most: 16,
    unit: 'requests',
    beyond: 'the connection is dropped',
    metric: 'belfry_limited_total{limit="PIPELINED"}',
    test: 'apps/server/test/http/connections/connections.test.ts: that sends thousands of requests and waits for no answer is broken off before they are worked on',
  },
  UNREAD_MS: {
    what: 'An answer of which the client reads nothing',
    most: 60_000,
    unit: 'ms',
    beyond: 'the connection is dropped',
    test: 'apps/server/test/http/connections/connections.test.ts: that reads nothing of its answer is broken off',
  },
  ANSWERS: {
    what: 'Answers that wait for clients that do not read them, of all connections',
    most: 134_217_728,
    unit: 'bytes',
    beyond: 'the connection whose client has read nothing for the longest time is dropped',
    metric: 'belfry_limited_total{limit="ANSWERS"}',
    test: 'apps/server/test/http/connections/unread-answers.test.ts: break off whose they are beyond the limit, the longest unread first',
  },
})
