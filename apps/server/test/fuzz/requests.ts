import type { CloudEvent } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import fc from 'fast-check'
import type { Route } from './routes.ts'
import { spoiled } from './spoil.ts'
import { allows, type Credential, people } from './tokens.ts'
import { fitting, oddJson, oddText } from './values.ts'

/** A request as it goes over the wire. */
export interface Sent {
  readonly method: string
  readonly address: string
  /** In order; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array
  readonly credential: Credential
  /** Everything about it is as the document wants it. */
  readonly valid: boolean
}

const tooLarge = new Uint8Array(1_048_577).fill(32)

interface Body {
  readonly type: string
  readonly json: string
}

/** Any request: to a route and as it wants it, to a route and with something wrong, or beside every route. */
export function anyRequest(routes: readonly Route[], credentials: readonly Credential[]): fc.Arbitrary<Sent> {
  const each = (make: typeof validRequest) => fc.oneof(...routes.map((route) => make(route, credentials)))
  return fc.oneof(
    { arbitrary: each(validRequest), weight: 3 },
    { arbitrary: each(spoiledRequest), weight: 6 },
    { arbitrary: each(strayRequest), weight: 2 },
  )
}

function validRequest(route: Route, credentials: readonly Credential[]): fc.Arbitrary<Sent> {
  const allowed = credentials.filter((one) => one.scopes !== undefined && allows(route, one))
  return fc
    .tuple(addressOf(route, encoded), bodyOf(route), fc.constantFrom(...allowed))
    .map(([address, body, credential]) => ({
      method: route.method,
      address,
      headers: headersOf(route, credential, body?.type),
      ...(body && { body: body.json }),
      credential,
      valid: true,
    }))
}

/** A request with several things wrong; some of what comes out is valid all the same, and nobody asks. */
function spoiledRequest(route: Route, credentials: readonly Credential[]): fc.Arbitrary<Sent> {
  const [type = 'application/json', schema] = [...route.takes][0] ?? []
  const body = fc.oneof(
    { arbitrary: bodyOf(route).map((one) => one?.json), weight: 20 },
    { arbitrary: spoiled(schema === undefined ? event : fitting(schema)), weight: 40 },
    { arbitrary: oddJson, weight: 20 },
    { arbitrary: fc.uint8Array({ maxLength: 64 }), weight: 20 },
    { arbitrary: fc.constant(tooLarge), weight: 1 },
  )
  return fc
    .tuple(
      addressOf(route, (parameter) => fc.oneof(encoded(parameter), oddText)),
      fc.oneof(fc.constant(''), oddQuery),
      fc.option(body, { nil: undefined }),
      fc.oneof(fc.constant([['content-type', type]] as const), contentTypes),
      fc.constantFrom(...credentials),
      fc.array(oddHeader, { maxLength: 3 }),
    )
    .map(([address, more, content, types, credential, odd]) => ({
      method: route.method,
      address: more === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${more}`,
      headers: [...headersOf(route, credential), ...(content === undefined ? [] : types), ...odd],
      ...(content !== undefined && { body: content }),
      credential,
      valid: false,
    }))
}

/** Beside the routes: other methods on their addresses, and addresses that are nearly theirs. */
function strayRequest(route: Route, credentials: readonly Credential[]): fc.Arbitrary<Sent> {
  return fc
    .tuple(
      fc.constantFrom(
        'GET',
        'HEAD',
        'OPTIONS',
        'PUT',
        'DELETE',
        'TRACE',
        'PATCH',
        'POST',
        'QUERY',
        'PROPFIND',
        'M-SEARCH',
      ),
      addressOf(route, encoded).chain((address) => fc.oneof(fc.constant(address), near(address))),
      bodyOf(route),
      fc.boolean(),
      fc.constantFrom(...credentials),
      fc.array(oddHeader, { maxLength: 2 }),
    )
    .map(([method, address, body, withBody, credential, odd]) => ({
      method,
      address,
      headers: [...headersOf(route, credential, withBody ? body?.type : undefined), ...odd],
      ...(withBody && body && { body: body.json }),
      credential,
      valid: false,
    }))
}

type ParameterOf = Route['parameters'][number]

const encoded = ({ schema }: ParameterOf): fc.Arbitrary<string> =>
  fitting(schema).map((value) => encodeURIComponent(String(value)))

/** An address of the route, its parameters filled in; those that may be missing sometimes are. */
function addressOf(route: Route, fill: (parameter: ParameterOf) => fc.Arbitrary<string>): fc.Arbitrary<string> {
  const values = route.parameters.map((parameter) =>
    fc
      .tuple(fill(parameter), parameter.required === true ? fc.constant(true) : fc.boolean())
      .map(([text, given]) => ({ ...parameter, text, given })),
  )
  return fc.tuple(...values).map((all) => {
    const path = route.path.replace(/\{(\w+)\}/g, (_, name) => all.find((one) => one.name === name)?.text ?? '')
    const query = all.filter((one) => one.in === 'query' && one.given).map(({ name, text }) => `${name}=${text}`)
    return query.length === 0 ? path : `${path}?${query.join('&')}`
  })
}

/** A body that the route takes, if it takes one. */
function bodyOf(route: Route): fc.Arbitrary<Body | undefined> {
  if (takesEvents(route))
    return fc.oneof(
      event.map((one) => ({ type: 'application/cloudevents+json', json: JSON.stringify(one) })),
      fc
        .array(event, { maxLength: 3 })
        .map((batch) => ({ type: 'application/cloudevents-batch+json', json: JSON.stringify(batch) })),
    )
  const takes = [...route.takes]
  if (takes.length === 0) return fc.constant(undefined)
  return fc.oneof(...takes.map(([type, schema]) => fitting(schema).map((one) => ({ type, json: JSON.stringify(one) }))))
}

/** Events are described by their contracts, not by the document. */
const takesEvents = ({ scopes }: Route) => scopes?.includes('events:write') === true
const event: fc.Arbitrary<CloudEvent> = fc.tuple(fc.constantFrom(...people), fc.nat()).map(([userId, number]) =>
  bookingCreated.create({
    source: '/fuzz',
    id: `f${number}`,
    time: '2030-01-01T00:00:00Z',
    data: {
      bookingId: `b${number}`,
      userId,
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  }),
)

/** What a client would send with it. A route that streams is asked for a stream. */
function headersOf(route: Route, { header }: Credential, type?: string): [string, string][] {
  const [accept = 'application/json'] = [...route.answers].flatMap(([status, content]) =>
    status < 300 ? [...content.keys()] : [],
  )
  return [
    ['accept', accept],
    ...(header === undefined ? [] : [['authorization', header] satisfies [string, string]]),
    ...(type === undefined ? [] : [['content-type', type] satisfies [string, string]]),
  ]
}

const oddQuery = fc.oneof(
  fc.constantFrom(
    'limit=1&limit=2',
    '__proto__=1',
    '__proto__[a]=1',
    'constructor=1',
    '=',
    '&&&',
    '=&=',
    'a[b]=1',
    '?',
  ),
  fc
    .tuple(fc.constantFrom('x', 'limit', 'after', 'before', 'filter', 'token', '%00'), oddText)
    .map((both) => both.join('=')),
  oddText,
)

const contentTypes: fc.Arbitrary<readonly (readonly [string, string])[]> = fc
  .array(
    fc.constantFrom(
      ...[
        'application/json',
        'application/json; charset=utf-8',
        'application/json; charset=utf-16',
        'APPLICATION/JSON',
      ],
      ...[
        'application/json;;',
        'application/json; a="',
        'application/jsonx',
        'json',
        '',
        '/',
        ';',
        'text/plain',
        '*/*',
      ],
      ...['application/xml', 'multipart/form-data', 'multipart/form-data; boundary=x', 'application/problem+json'],
      ...[
        'application/x-www-form-urlencoded',
        'application/cloudevents+json',
        'application/cloudevents+xml',
        '__proto__',
      ],
      ...['application/cloudevents-batch+json', 'application/cloudevents+json; charset=iso-8859-1', 'x'.repeat(5_000)],
    ),
    { maxLength: 2 },
  )
  .map((types) => types.map((type) => ['content-type', type] as const))

const oddHeader: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.constantFrom<readonly [string, string]>(
    ...(['', '*', '*/*', 'text/*', 'text/event-stream', 'application/xml', 'a/b;q=2', ',,,', '\xff'] as const).map(
      (value) => ['accept', value] as const,
    ),
    ...(['null', 'https://evil.example', 'https://app.example.com', 'http://', 'x', '', '\xff'] as const).map(
      (value) => ['origin', value] as const,
    ),
    ...(['evil.example', '', 'localhost', '[::1]', '127.0.0.1:1', 'a@b'] as const).map(
      (value) => ['host', value] as const,
    ),
    ...(['/', '1', 'x/1', 'x/99999999999', '/1', 'x/-1', `${'x'.repeat(200)}/1`, '__proto__/0'] as const).map(
      (value) => ['last-event-id', value] as const,
    ),
    ...(['1.0', '0.3', '', '%', 'x'.repeat(1_000)] as const).map((value) => ['ce-specversion', value] as const),
    ...(['booking.created', '%', '%00', '%ED%A0%80', '__proto__', ''] as const).map(
      (value) => ['ce-type', value] as const,
    ),
    ...(['ce-id', 'ce-source', 'ce-subject', 'ce-time', 'ce-traceparent', 'ce-__proto__'] as const).map(
      (name) => [name, '%00'] as const,
    ),
    ['content-encoding', 'gzip'],
    ['accept-encoding', 'br, gzip;q=0'],
    ['x-http-method-override', 'DELETE'],
    ['x-forwarded-for', '10.0.0.1'],
    ['x-forwarded-host', 'evil.example'],
    ['forwarded', 'for=evil;host=evil'],
    ['range', 'bytes=0-1'],
    ['if-none-match', '*'],
    ['if-modified-since', 'yesterday'],
    ['cookie', `a=${'b'.repeat(2_000)}`],
    ['upgrade', 'h2c'],
    ['authorization', 'Bearer twice'],
    ['access-control-request-method', 'DELETE'],
    ['sec-websocket-protocol', 'belfry.v1, bearer.x'],
    ['__proto__', 'x'],
    ['x-long', 'x'.repeat(20_000)],
  ),
  fc
    .tuple(fc.stringMatching(/^[a-z][a-z-]{0,12}$/), fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,20}$/))
    // What frames a message is spoiled over a bare socket.
    .filter(([name]) => !['connection', 'te', 'expect', 'upgrade', 'trailer'].includes(name))
    .filter(([name]) => !/^(content-length|transfer-encoding|keep-alive|proxy-.*)$/.test(name)),
)

const near = (address: string): fc.Arbitrary<string> => {
  const path = address.split('?', 1)[0] ?? ''
  return fc.oneof(
    fc.constantFrom(
      ...[`${path}/`, `/${path}`, `${path}//`, path.toUpperCase(), path.slice(0, -1), `${path}.json`, `${path}%00`],
      ...[
        `${path}/..`,
        `${path}/../..`,
        `/docs/..${path}`,
        path.replaceAll('/', '%2f').replace('%2f', '/'),
        `${path}%`,
      ],
      ...[path.replace(/[a-z]/, (one) => `%${one.charCodeAt(0).toString(16)}`), `${path};a=b`, `${path}#a`, `${path}?`],
      ...['/', '//', '/v1', '/v1/', '/docs', '/docs/', '/docs/json', '/docs/yaml', '/metrics', '*', '/favicon.ico'],
    ),
    oddText.map((odd) => `${path}/${odd}`),
    oddText.map((odd) => `/${odd}`),
    oddText.map((odd) => `/docs/static/${odd}`),
  )
}
