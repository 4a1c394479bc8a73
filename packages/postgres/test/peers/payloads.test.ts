import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { postgresLimits } from '../../src/limits.ts'
import { createPayloads } from '../../src/peers/payloads.ts'

const salt = 'a salt that strangers do not have'
const of = (id: string, other = salt) => createPayloads(id, other)
const person = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.constantFrom('__proto__', '"', '\\', '\0', '\ud800', '', '🛎️'.repeat(128), '\u0001'.repeat(9_000)),
)

describe('payloads', () => {
  it('are read as they were written, and have a size that Postgres takes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(person, fc.nat()), { maxLength: 300 }),
        fc.array(person, { maxLength: 300 }),
        fc.boolean(),
        (heads, erased, topics) => {
          const [me, other] = [of('me'), of('other')]
          const payloads = me.pack({ heads, erased, ...(topics && { topics: true }) })
          for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000)
          const read = payloads.map((payload) => other.unpack(payload)).filter((one) => typeof one === 'object')
          expect(read.flatMap((one) => one.heads)).toEqual(heads.map(([one, head]) => [other.hashOf(one), head]))
          expect(read.flatMap((one) => one.erased)).toEqual(erased.map(other.hashOf))
          expect(read.filter((one) => one.topics).length).toBe(topics ? 1 : 0)
          expect(payloads.length > 0).toBe(heads.length + erased.length > 0 || topics)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('name no person that a stranger would recognise', () => {
    const people = ['u1', 'ada@example.org', '4711']
    const text = of('me')
      .pack({ heads: people.map((one) => [one, 7] as const), erased: people, topics: true })
      .join()
    for (const one of people) expect(text).not.toContain(one)
    expect(text).toMatch(/^me 1 [\w-]{22} \{"erased":\["[\w-]{16}",.*\],"heads":\["[\w-]{16}",7,.*\],"topics":true\}$/)
    expect(of('me', 'another salt').hashOf('u1')).not.toBe(of('me').hashOf('u1'))
  })

  it('of strangers are ignored, whatever they contain and however they are sealed', () => {
    const [me, other] = [of('me'), of('other')]
    const [mine = '', next = ''] = [me.hello(), me.hello()]
    const [id, number, seal, json] = mine.split(' ')
    const sealed = (text: string, key: string) =>
      createHmac('sha256', key).update(`news ${text}`).digest().subarray(0, 16).toString('base64url')
    const forged = [
      ...['', 'x', ' ', 'me', 'x'.repeat(7_999), `${id} ${number} ${json}`, 'stranger {"hello":true}'],
      ...[
        'me 1  {"hello":true}',
        `me 1 ${'A'.repeat(22)} {"hello":true}`,
        `me 2 ${seal} ${json}`,
        `x 1 ${seal} ${json}`,
      ],
      ...[`${id} ${number} ${seal} {"erased":["${me.hashOf('u1')}"]}`, `${id} ${number} ${seal}x ${json}`],
      `me 1 ${sealed('me 1 {"hello":true}', 'a guess')} {"hello":true}`,
    ]
    for (const payload of forged) expect([payload, other.unpack(payload)]).toEqual([payload, undefined])
    expect([me.unpack(mine), other.unpack(mine), other.unpack(next)]).toEqual([undefined, 'hello', 'hello'])
  })

  it('are taken once, and of a thousand instances the latest is remembered', () => {
    const [me, other] = [of('me'), of('other')]
    const [first = '', second = ''] = [...me.pack({ erased: ['u1'] }), ...me.pack({ erased: ['u2'] })]
    expect([second, first, second].map((payload) => typeof other.unpack(payload))).toEqual([
      'object',
      'undefined',
      'undefined',
    ])
    const { most } = postgresLimits.REMEMBERED_INSTANCES
    for (let index = 1; index < most; index++) expect(other.unpack(of(`i${index}`).hello())).toBe('hello')
    expect(other.unpack(second)).toBeUndefined()
    expect(other.unpack(of('more').hello())).toBe('hello')
    expect(typeof other.unpack(second)).toBe('object')
  })

  it.each([
    'null',
    '1',
    '{"heads":1}',
    '{"heads":["u1"]}',
    '{"heads":[1,"u1"]}',
    '{"heads":["u1",-1]}',
    '{"heads":["u1",1.5]}',
    '{"heads":["u1",1e99]}',
    '{"heads":[],"erased":"u1"}',
    '{"heads":[],"erased":[1]}',
    '{"hello":1}',
    '{',
  ])('that are malformed are ignored: %s', (json) => {
    const seal = createHmac('sha256', salt).update(`news x 1 ${json}`).digest().subarray(0, 16).toString('base64url')
    expect(of('me').unpack(`x 1 ${seal} ${json}`)).toBeUndefined()
  })
})
