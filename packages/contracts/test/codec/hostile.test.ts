import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { didYouMean } from '../../src/check/did-you-mean.ts'
import {
  allContracts,
  type BelfryError,
  type Contract,
  decodeEnvelope,
  decodeHttp,
  decodeRecord,
  defineEvent,
  encodeRecord,
  type KafkaRecord,
} from '../../src/index.ts'

/*
 * Input that is made to keep a thread busy, or to fill answers, logs and dead letters. What is reported of it is small, and checking it
 * takes not much longer than checking valid input of the same size.
 */

const contracts: ReadonlyMap<string, Contract> = new Map(allContracts.map((contract) => [contract.type, contract]))
const MB = 1_000_000
const bytes = (text: string) => new TextEncoder().encode(text)
const data = {
  bookingId: 'b1',
  userId: 'u1',
  resourceId: 'r1',
  startsAt: '2026-05-01T10:00:00Z',
  endsAt: '2026-05-01T11:00:00Z',
}
const event = { specversion: '1.0', id: '1', source: '/s', type: 'booking.created', data } as const
const contract = contracts.get('booking.created') as Contract
const { headers } = encodeRecord(event, contract)

type Mode = 'binary' | 'structured' | 'base64' | 'envelope'
/** A record of Kafka with an event whose data is this JSON. */
function recordOf(mode: Mode, json: string): KafkaRecord {
  const outer = {
    binary: json,
    structured: `${JSON.stringify({ ...event, data: 0 }).slice(0, -2)}${json}}`,
    base64: JSON.stringify({ ...event, data: null, data_base64: Buffer.from(json).toString('base64') }),
  }
  const value = bytes(mode === 'envelope' ? `{"type":"booking.created","data":${json}}` : outer[mode])
  const structured = { 'content-type': 'application/cloudevents+json' }
  const own = { binary: headers, structured, base64: {}, envelope: {} }
  return { key: null, value, headers: own[mode], timestamp: 0 }
}
function decode(mode: Mode, json: string) {
  const record = recordOf(mode, json)
  if (mode !== 'envelope') return decodeRecord(record, contracts)
  const place = { topic: 'booking', partition: 0, offset: 0 }
  return decodeEnvelope(record, { type: 'type', data: 'data', source: '/s' }, place, contracts)
}
const post = (type: string, body: string) =>
  decodeHttp({ headers: { 'content-type': type }, body }, contracts, {
    acceptedAt: '2026-05-01T08:00:00Z',
    maxBatch: 1_000,
  })
const BATCH = 'application/cloudevents-batch+json'

/** The error is short, whatever was sent. */
function expectSmall(error: BelfryError | undefined): void {
  expect(error?.problems.length).toBeLessThanOrEqual(101)
  expect(error?.message.length).toBeLessThanOrEqual(4_200)
  expect(JSON.stringify(error?.problems).length).toBeLessThanOrEqual(65_536)
}

/** The shortest of some runs of each, in milliseconds: other programs only make a run longer. The runs alternate, so that all are slowed alike. */
function timesOf(...acts: readonly (() => unknown)[]): readonly number[] {
  const shortest = acts.map(() => Number.POSITIVE_INFINITY)
  for (let run = 0; run < 3; run++)
    for (const [index, act] of acts.entries()) {
      const began = performance.now()
      act()
      shortest[index] = Math.min(shortest[index] ?? 0, performance.now() - began)
    }
  return shortest
}

/** Names that are similar to those of the contract, each with a number of its own. */
const near = (count: number) =>
  Array.from({ length: count }, (_, index) => `"bookinId${index.toString(36)}":0`).join(',')
const unknownKeys = (size: number) => `{${near(Math.floor(size / 16))}}`
const longKey = (size: number) => `{"${'k'.repeat(size)}":0}`
const longKeys = (size: number) =>
  `{${Array.from({ length: Math.floor(size / 10_000) }, (_, index) => `"${index}${'userId'.repeat(1_666)}":0`).join(',')}}`
const listOf = (entry: string, size: number) =>
  `[${Array(Math.floor(size / (entry.length + 1)))
    .fill(entry)
    .join(',')}]`
const whole = JSON.stringify(data).slice(0, -1)
const hostile: readonly (readonly [string, (size: number) => string])[] = [
  ['unknown keys', unknownKeys],
  ['one long key', longKey],
  ['long keys', longKeys],
  ['a list of strings that the store cannot keep', (size) => `${whole},"x":${listOf('"\\u0000"', size)}}`],
  [
    'keys that the store cannot keep',
    (size) => `${whole},"x":{${Array.from({ length: Math.floor(size / 16) }, (_, i) => `"\\u0000${i}":0`).join(',')}}}`,
  ],
  ['long strings for ids', (size) => JSON.stringify({ ...data, bookingId: 'b'.repeat(size) })],
  ['lists in one another', (size) => `${whole},"x":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`],
  ['objects in one another', (size) => `${whole},"x":${'{"a":'.repeat(size / 6)}0${'}'.repeat(size / 6)}}`],
  [
    'lists in one another where a text belongs',
    (size) => `{"bookingId":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}`,
  ],
  [
    '500 attendees that are objects of many keys',
    (size) => `${whole},"attendeeIds":${listOf(unknownKeys(size / 500), size)}}`,
  ],
]

describe('an event through Kafka with', () => {
  const modes: readonly Mode[] = ['binary', 'structured', 'base64', 'envelope']
  describe.each(hostile)('%s', (_name, json) => {
    it.each(modes)('is refused in few words in %s mode', (mode) => {
      const decoded = decode(mode, json(MB))
      expect(decoded.kind).toBe('invalid')
      if (decoded.kind === 'invalid') expectSmall(decoded.error)
    })

    it('takes no longer than a valid one of the same size, and no longer at five times the size than five of them', () => {
      const size = MB / 4
      const valid = `${whole},"x":${unknownKeys(size)}}`
      const [small, large] = [json(size), json(5 * size)]
      const [usual = 0, parsed = 0, took = 0] = timesOf(
        () => decode('binary', valid),
        () => JSON.parse(small),
        () => decode('binary', small),
      )
      expect(took).toBeLessThan(10 * (usual + parsed) + 20)
      const [largeParsed = 0, largeTook = 0] = timesOf(
        () => JSON.parse(large),
        () => decode('binary', large),
      )
      expect(largeTook).toBeLessThan(10 * (5 * usual + largeParsed) + 20)
    })
  })

  it('data with very many problems of a rule of the contract is refused in few words', () => {
    const wordy = defineEvent({
      type: 'wordy.made',
      topic: 'wordy',
      key: 'id',
      data: Type.Object({ id: Type.String() }),
      rules: ({ id }) => Array.from({ length: 1_000 }, () => ({ path: `/${id}`, message: `is ${id}` })),
    })
    const checked = wordy.check({ ...event, type: 'wordy.made', data: { id: 'x'.repeat(MB) } })
    const problems = checked.ok ? [] : checked.problems
    expect(problems).toHaveLength(101)
    expect(JSON.stringify(problems).length).toBeLessThan(100_000)
  })

  it('headers as long as a record may be is named by the beginning of them', () => {
    const long = 'x'.repeat(MB)
    const record = recordOf('binary', JSON.stringify(data))
    const unknown = decodeRecord({ ...record, headers: { ...record.headers, ce_type: long } }, contracts)
    expect(unknown.kind === 'unknown' && unknown.type.length).toBeLessThanOrEqual(256)
    const typed = decodeRecord({ ...record, headers: { ...record.headers, 'content-type': long } }, contracts)
    expectSmall(typed.kind === 'invalid' ? typed.error : undefined)
    const named = decodeRecord({ ...record, headers: { ...record.headers, ce_id: long, ce_source: long } }, contracts)
    expectSmall(named.kind === 'invalid' ? named.error : undefined)
  })

  it('headers of HTTP and headers in quotes, as long as a record may be, is refused in few words', () => {
    const size = 20 * MB
    const long = ['\\', '%', 'a'].flatMap((part) => {
      const text = part.repeat(size / part.length)
      return [text, `"${text}`, `"${text}"`]
    })
    const inQuotes = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, JSON.stringify(value)]))
    const ofHttp = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace('ce_', 'ce-'), value]),
    )
    for (const text of long)
      for (const sent of [
        { ...ofHttp, 'ce-id': text },
        { ...inQuotes, ce_id: text },
        { ...headers, 'content-type': `a/${text}` },
      ]) {
        const decoded = decodeRecord({ ...recordOf('binary', JSON.stringify(data)), headers: sent }, contracts)
        expect(['invalid', 'unknown']).toContain(decoded.kind)
        if (decoded.kind === 'invalid') expectSmall(decoded.error)
      }
  })

  it('anything in place of an attribute is refused with a code', () => {
    const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`
    for (const name of ['specversion', 'id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'data_base64']) {
      const json = `${JSON.stringify(event).slice(0, -1)},"${name}":${deep}}`
      const decoded = decodeRecord({ ...recordOf('structured', '0'), value: bytes(json) }, contracts)
      expect(decoded.kind, name).toBe('invalid')
      if (decoded.kind === 'invalid') expectSmall(decoded.error)
    }
  })
})

describe('what was probably meant', () => {
  const others = (count: number) => Array.from({ length: count }, (_, index) => `other${index}`)

  it('is not searched among more than a hundred names', () => {
    expect(didYouMean('user_id', [...others(99), 'userId'])).toBe('userId')
    expect(didYouMean('user_id', [...others(100), 'userId'])).toBeUndefined()
  })

  it('is never a name of more than 64 characters, and is not searched for such a name', () => {
    const [short, long] = ['x'.repeat(63), 'x'.repeat(64)]
    expect([didYouMean(`${short}y`, [long]), didYouMean(long, [`${short}y`])]).toEqual([long, `${short}y`])
    expect([didYouMean(`${long}y`, [long]), didYouMean(long, [`${long}y`])]).toEqual([undefined, undefined])
  })
})

describe('a batch of HTTP with', () => {
  const batchOf = (one: object, count = 1_000) => JSON.stringify(Array(count).fill(one))
  const cases: readonly (readonly [string, string])[] = [
    [
      '250 mistakes in each of 1,000 events',
      batchOf({ ...event, data: { ...data, attendeeIds: Array(250).fill('') } }),
    ],
    ['100 unknown keys in each of 700', batchOf({ ...event, data: JSON.parse(`{${near(100)}}`) }, 700)],
    ['an unknown type in each', batchOf({ ...event, type: 'x'.repeat(1_000) })],
    ['a list in place of each event', batchOf([])],
    [
      'keys that the store cannot keep in each',
      batchOf({ ...event, data: { ...data, ['\0'.repeat(150)]: ['\ud800'] } }),
    ],
    ['texts of three bytes a character', batchOf({ ...event, id: '鐘'.repeat(300), data: { 鐘: 0 } })],
  ]
  it.each(cases)('%s is refused with a hundred mistakes in all, and how many more there are', (_name, body) => {
    const answer = post(BATCH, body)
    expect(answer.ok).toBe(false)
    if (answer.ok) return
    expectSmall(answer.error)
    expect(answer.error.problems).toHaveLength(101)
    expect(answer.error.problems.at(-1)).toEqual({
      path: '',
      message: expect.stringMatching(/^and \d+ more$/),
      more: expect.any(Number),
    })
    expect(answer.error.message).toMatch(/; and \d+ more$/)
  })

  it.each(cases)('%s takes no longer than a valid one of the same size', (_name, body) => {
    const valid = batchOf({ ...event, data: { ...data, note: 'n'.repeat(Math.max(1, body.length / 1_000 - 250)) } })
    const [usual = 0, parsed = 0, took = 0] = timesOf(
      () => post(BATCH, valid),
      () => JSON.parse(body),
      () => post(BATCH, body),
    )
    expect(took).toBeLessThan(10 * (usual + parsed) + 50)
  })
})
