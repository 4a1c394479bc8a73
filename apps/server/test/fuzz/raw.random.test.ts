import { randomRuns } from '@belfry/test-services/random'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sendRaw } from '../raw-request.ts'
import { begunFolder, startBelfry } from '../start-belfry.ts'
import { connections, expectWell } from './afterwards.ts'
import { unlimited } from './limits.ts'

/*
 * Bytes that no client of HTTP would send, over bare sockets. Each socket says that it has sent all, so that what is half is half for ever.
 */

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path, env: unlimited })
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

const line = fc.oneof(
  fc.constantFrom(
    ...['GET /live HTTP/1.1', 'POST /v1/events HTTP/1.1', 'POST /dev/token HTTP/1.1', 'GET /v1/stream HTTP/1.1'],
    ...['GET http://evil.example/live HTTP/1.1', 'GET //live HTTP/1.1', 'OPTIONS * HTTP/1.1', 'GET * HTTP/1.1'],
    ...['GET /live HTTP/1.0', 'GET /live HTTP/0.9', 'GET /live HTTP/2.0', 'GET /live HTTP/9.9', 'GET /live', 'GET'],
    ...['CONNECT evil.example:443 HTTP/1.1', 'CONNECT /live HTTP/1.1', 'PRI * HTTP/2.0', 'get /live HTTP/1.1'],
    ...['GET /li ve HTTP/1.1', 'GET /\0 HTTP/1.1', 'GET \t/live HTTP/1.1', 'GET /é🛎️ HTTP/1.1', 'GET  HTTP/1.1', ''],
    ...[
      `GET /${'x'.repeat(20_000)} HTTP/1.1`,
      `${'G'.repeat(100_000)}`,
      'GET /v1/../live HTTP/1.1',
      'GET live HTTP/1.1',
    ],
  ),
  fc.string({ maxLength: 30 }),
)
const header = fc.oneof(
  fc.constantFrom(
    ...[
      'Host: x',
      'Host: x',
      'Host: x',
      'Host: localhost',
      'Host',
      'Host:',
      ': x',
      'A B: c',
      ' folded',
      'A: b\0c',
      'A: b\nC: d',
    ],
    ...['Content-Length: 0', 'Content-Length: 3', 'Content-Length: -1', 'Content-Length: 1e3', 'Content-Length: 0x10'],
    ...['Content-Length: 99999999999999999999', 'Content-Length: 3, 3', 'Content-Length: 3, 4', 'Content-Length: +3'],
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: gzip',
      'Transfer-Encoding: x',
    ],
    ...[
      'Transfer-Encoding : chunked',
      'Connection: close',
      'Connection: Upgrade',
      'Connection: ,,,',
      'Upgrade: websocket',
    ],
    ...[
      'Upgrade: h2c',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Key: x',
    ],
    ...[
      'Sec-WebSocket-Protocol: belfry.v1',
      'Sec-WebSocket-Protocol: ,',
      'Sec-WebSocket-Extensions: permessage-deflate;x=1',
    ],
    ...['Expect: 100-continue', 'Expect: something', 'Content-Type: application/json', 'Authorization: Bearer \x01'],
    ...[`X: ${'x'.repeat(100_000)}`, ...Array.from({ length: 3 }, () => 'A: b\r\n'.repeat(3_000).trim())],
  ),
  fc.string({ maxLength: 30 }),
)
const body = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '{}',
      '{"sub":"u1"}',
      '3\r\n{} \r\n0\r\n\r\n',
      'zz\r\n',
      '-1\r\n',
      'ffffffffffffffff\r\n',
      '3;a=b\r\n{} \r\n',
      '0\r\n',
    ],
    ...[
      '3\r\n{}\r\n',
      `3;${'x'.repeat(20_000)}\r\n{} \r\n0\r\n\r\n`,
      '0\r\nA: b\r\n\r\n',
      `0\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`,
    ],
    ...['GET /live HTTP/1.1\r\nHost: x\r\n\r\n', '\0', '\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
)
const end = fc.constantFrom('\n', '\r', '')
const written = ([first, headers, newline, last]: [string, string[], string, string]) =>
  [first, ...headers, '', last].join(newline)
/** Good but for one or two things, so that it gets far; or bad all over. */
const message = fc.oneof(
  fc
    .tuple(line, fc.array(header, { maxLength: 2 }), fc.constant('\r\n'), body)
    .map(([first, headers, ...rest]) => written([first, ['Host: localhost', ...headers], ...rest])),
  fc.tuple(line, fc.array(header, { maxLength: 6 }), end, body).map(written),
)
const bytes = fc.oneof(
  { arbitrary: fc.array(message, { minLength: 1, maxLength: 3 }).map((all) => Buffer.from(all.join(''))), weight: 5 },
  { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 1 },
  { arbitrary: fc.constant(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])), weight: 1 },
)

/** What a server may say to such bytes; 417 is of Node itself, to expectations. */
const may = new Set([100, 101, 200, 400, 401, 403, 404, 405, 406, 408, 413, 414, 415, 417, 431])

it('bytes that are no requests end in a problem or in silence, and every connection ends', { timeout: 0 }, async () => {
  const before = connections()
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 20, size: 'max' }), async (all) => {
      const answers = await Promise.all(all.map((one) => sendRaw(app.url, one, { half: true })))
      for (const text of answers)
        for (const answer of text.split(/(?=HTTP\/1\.1 \d{3} )/).filter((one) => one.startsWith('HTTP/1.1 '))) {
          const [head = '', content = ''] = answer.split('\r\n\r\n')
          const status = Number(head.slice(9, 12))
          seen.add(status)
          expect(may, head).toContain(status)
          if (status >= 400 && /^content-type:/im.test(head)) {
            expect(head).toMatch(/^content-type: application\/problem\+json\r?$/im)
            if (content !== '') expect(JSON.parse(content)).toMatchObject({ status, code: expect.any(String) })
          }
          expect(content).not.toMatch(/node_modules|\.[jt]s:\d+|HPE_/)
        }
    }),
    // Few draws may have no request that is good.
    { ...randomRuns(400), examples: [[[Buffer.from('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n')]]] },
  )
  expect([...seen]).toEqual(expect.arrayContaining([200, 400]))
  await expectWell(app, ['u1'], before)
})
