import { bookingCreated } from '@belfry/contracts/booking'
import { randomRuns } from '@belfry/test-services/random'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bytesOf, sendFrames } from '../raw-frames.ts'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'
import { connections, expectWell } from './afterwards.ts'
import { unlimited } from './limits.ts'
import { anyMessage, codesOf } from './messages.ts'

/*
 * What clients should not say over a WebSocket: whoever says it is closed with a code, and nobody else is disturbed.
 */

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>
let before: number

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path, env: unlimited })
  before = connections()
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

let count = 0
const event = (userId: string) =>
  bookingCreated.create({
    source: '/test',
    id: `w${count++}`,
    data: {
      bookingId: `b${count}`,
      userId,
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })

/** Somebody who is connected and behaves, and hears of every event whatever others do. */
async function openBystander(person: string) {
  const seen = openSocket(app.url, await app.token(person))
  await expect.poll(() => seen.frames.length).toBe(1)
  let told = 0
  return {
    async hears() {
      expect(await app.send(event(person))).toBe(202)
      told++
      await expect.poll(() => seen.items().length).toBe(told)
      const frames = seen.frames.filter(({ type }) => type !== 'ping')
      for (const [index, frame] of frames.entries()) if (index > 0) expect(frame.after).toBe(frames[index - 1]?.head)
    },
    async leave() {
      seen.socket.close()
      expect(await seen.closed).toBe(1005)
    },
  }
}

it('a socket is closed with the code of the first bad message, and stays open where there is none', {
  timeout: 0,
}, async () => {
  const bystander = await openBystander('bystander')
  const [own, other] = [await app.token('rude'), await app.token('other')]
  const message = anyMessage(own, ['nonsense', 'a.b.c', `${own}x`, other])
  const seen = new Set<unknown>()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), fc.boolean(), async (messages, early) => {
      const { socket, closed } = openSocket(app.url, own)
      const code = new Promise<number | 'open'>((resolve) => {
        void closed.then(resolve)
        // Its own ping is answered after everything before it was read.
        socket.on('pong', () => resolve('open'))
      })
      const opened = new Promise((resolve) => socket.once(early ? 'open' : 'message', resolve))
      await opened
      for (const { data } of messages) socket.send(data)
      const codes = codesOf(messages, early)
      if (codes.has('open')) socket.ping()
      const end = await code
      seen.add(end)
      expect([...codes]).toContain(end)
      socket.close()
      await closed
      if (++runs % 50 === 0) await bystander.hears()
    }),
    randomRuns(1_000),
  )
  expect(seen).toEqual(new Set(['open', 4001, 4002, 1009]))
  await bystander.hears()
  await bystander.leave()
})

it('bytes that are no frames close a socket as RFC 6455 says, and what is half ends with its connection', {
  timeout: 0,
}, async () => {
  const bystander = await openBystander('witness')
  const token = await app.token('raw')
  const payload = fc.oneof(
    fc
      .constantFrom('{"type":"pong"}', '{"type":"seen","head":1}', '{"type":', '}', '', 'x'.repeat(200))
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 130 }),
  )
  const frame = fc
    .record({
      first: fc.oneof(fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x88, 0x89, 0x8a, 0x09, 0xc1), fc.nat(255)),
      payload,
      masked: fc.oneof(fc.constant(true), fc.constant(true), fc.boolean()),
      length: fc.option(
        fc.constantFrom(0n, 1n, 125n, 126n, 65_536n, 65_537n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
        {
          nil: undefined,
          freq: 6,
        },
      ),
    })
    .map(bytesOf)
  const bytes = fc.oneof(
    { arbitrary: fc.array(frame, { maxLength: 6 }).map((all) => Buffer.concat(all)), weight: 5 },
    { arbitrary: fc.tuple(frame, fc.nat(20)).map(([one, cut]) => one.subarray(0, cut)), weight: 1 },
    { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 2 },
    { arbitrary: fc.constant(Buffer.from('GET /live HTTP/1.1\r\nHost: x\r\n\r\n')), weight: 1 },
  )
  // A close of the client is answered with its own code.
  const may = (code: number | undefined) =>
    code === undefined || [1002, 1005, 1006, 1007, 1009, 4002].includes(code) || (code >= 1000 && code < 5000)
  const seen = new Set<unknown>()
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 8, size: 'max' }), async (all) => {
      for (const code of await Promise.all(all.map((one) => sendFrames(app.url, token, one)))) {
        seen.add(code)
        expect(may(code), `closed with ${code}`).toBe(true)
        expect([1011, 1012, 4008, 4010]).not.toContain(code)
      }
    }),
    randomRuns(500),
  )
  expect([...seen]).toEqual(expect.arrayContaining([1002, 1007, 1009, 4002]))
  await bystander.hears()
  await bystander.leave()
})

it('thousands of good messages do no harm, and thousands of bad ones end with the first', { timeout: 0 }, async () => {
  const bystander = await openBystander('neighbour')
  const token = await app.token('talker')
  const talker = openSocket(app.url, token)
  await expect.poll(() => talker.frames.length).toBe(1)
  for (let head = 0; head < 5_000; head++) talker.socket.send(JSON.stringify({ type: 'seen', head }))
  expect(await app.send(event('talker'))).toBe(202)
  await expect.poll(() => talker.items().length).toBe(1)
  for (let index = 0; index < 5_000; index++) talker.socket.send('{')
  expect(await talker.closed).toBe(4002)
  await bystander.hears()
  await bystander.leave()
})

it('afterwards everything is as it was', async () => {
  await expectWell(app, ['rude', 'raw', 'talker', 'bystander'], before)
})
