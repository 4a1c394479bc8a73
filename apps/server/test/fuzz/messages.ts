import fc from 'fast-check'
import { oddJson } from './values.ts'

/** One message of a client, and the codes that the server may close with because of it; none where it may go on. */
export interface Message {
  readonly data: string | Uint8Array
  readonly closes: readonly number[]
  /** It brings a token. */
  readonly renews?: boolean
}

const good = fc.oneof(
  fc.constantFrom('{"type":"pong"}', '{"type":"seen","head":0}', ' { "type" : "pong" } ', '{"type":"pong","more":[1]}'),
  fc.nat().map((head) => JSON.stringify({ type: 'seen', head })),
)
const bad = fc.oneof(
  fc.constantFrom(
    ...['', '{', '[]', 'null', '"pong"', '{"type":"hello"}', '{"type":"Pong"}', '{"type":["pong"]}', '{"type":"seen"}'],
    ...[
      '{"type":"seen","head":-1}',
      '{"type":"seen","head":1.5}',
      '{"type":"seen","head":1e400}',
      '{"type":"seen","head":"1"}',
    ],
    ...['{"type":"auth"}', '{"type":"auth","token":""}', '{"type":"auth","token":7}', '{"__proto__":{"type":"pong"}}'],
    ...[
      `{"type":"auth","token":"${'x'.repeat(17_000)}"}`,
      `${'['.repeat(30_000)}`,
      `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
    ],
  ),
  oddJson.filter((text) => !/"type"/.test(text)),
)
const large = fc.constantFrom(65_537, 100_000, 1_000_000).map((size) => 'x'.repeat(size))
const text = (data: string): Uint8Array => Buffer.from(data)

/** Any message; `own` is a token of the person who sends it, and `foreign` are tokens that are not. */
export function anyMessage(own: string, foreign: readonly string[]): fc.Arbitrary<Message> {
  const auth = (token: string) => JSON.stringify({ type: 'auth', token })
  const maybeBinary = (all: fc.Arbitrary<string>) => fc.oneof({ arbitrary: all, weight: 4 }, all.map(text))
  return fc.oneof(
    { arbitrary: maybeBinary(good).map((data): Message => ({ data, closes: [] })), weight: 12 },
    { arbitrary: fc.constant({ data: auth(own), closes: [], renews: true }), weight: 3 },
    {
      arbitrary: fc.constantFrom(...foreign).map((token) => ({ data: auth(token), closes: [4001], renews: true })),
      weight: 1,
    },
    { arbitrary: maybeBinary(bad).map((data) => ({ data, closes: [4002] })), weight: 3 },
    { arbitrary: fc.uint8Array({ maxLength: 50 }).map((data) => ({ data, closes: [4002] })), weight: 1 },
    { arbitrary: large.map((data) => ({ data, closes: [1009] })), weight: 1 },
  )
}

/**
 * What a socket may be closed with after these messages, and whether it may stay open. A token is looked at while the next message is
 * read, and not at all where a newer one waits; and what comes `early`, before the server knows who it is, waits, while one that is too large never gets so far.
 */
export function codesOf(messages: readonly Message[], early: boolean): ReadonlySet<number | 'open'> {
  const codes = new Set<number | 'open'>()
  const newest = messages.findLast(({ renews }) => renews)
  const ends = messages.some((message) => message.closes.length > 0 && (!message.renews || message === newest))
  if (!ends) codes.add('open')
  for (const { closes } of messages) {
    for (const code of closes) codes.add(code)
    if (!early && closes.some((code) => code !== 4001)) break
  }
  return codes
}
