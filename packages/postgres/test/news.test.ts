import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Gathered, hello, pack, unpack } from '../src/news.ts'

const person = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.constantFrom('__proto__', '"', '\\', '\0', '\ud800', '', '🛎️'.repeat(128), '\u0001'.repeat(300)),
)

describe('news', () => {
  it('are read as they were written, in payloads that Postgres takes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(person, fc.nat()), { maxLength: 300 }),
        fc.array(person, { maxLength: 300 }),
        fc.boolean(),
        (heads, erased, topics) => {
          const payloads = pack('me', { heads, erased, ...(topics && { topics: true }) })
          for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000)
          const heard = payloads.map((payload) => unpack('other', payload)).filter((one) => typeof one === 'object')
          expect(heard.flatMap((one) => one.heads)).toEqual(heads)
          expect(heard.flatMap((one) => one.erased)).toEqual(erased)
          expect(heard.filter((one) => one.topics).length).toBe(topics ? 1 : 0)
          expect(payloads.length > 0).toBe(heads.length + erased.length > 0 || topics)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('leave out who is named too long for a payload, and nobody else', () => {
    const payloads = pack('me', {
      heads: [
        ['x'.repeat(8_000), 1],
        ['u1', 2],
      ],
    })
    expect(payloads.map((payload) => unpack('other', payload))).toEqual([
      { heads: [['u1', 2]], erased: [], topics: false },
    ])
  })

  it.each([
    '',
    'x',
    ' ',
    'other',
    'other x',
    'other null',
    'other 1',
    'other {"heads":1}',
    'other {"heads":["u1"]}',
    'other {"heads":[1,"u1"]}',
    'other {"heads":["u1",-1]}',
    'other {"heads":["u1",1.5]}',
    'other {"heads":["u1",1e99]}',
    'other {"heads":["u1",1],"erased":"u1"}',
    'other {"heads":[],"erased":[1]}',
    'other {"hello":1}',
    'me {"heads":["u1",1],"erased":[]}',
    'me {"hello":true}',
  ])('of a stranger, or our own, are none: %s', (payload) => {
    expect(unpack('me', payload)).toBeUndefined()
  })

  it('of a later version are read as far as they are known', () => {
    const nothing = { heads: [], erased: [], topics: false }
    expect(unpack('me', 'other {"later":[1]}')).toEqual(nothing)
    expect(unpack('me', 'other {"heads":["u1",1],"later":2,"topics":3}')).toEqual({ ...nothing, heads: [['u1', 1]] })
    expect(unpack('me', hello('other'))).toBe('hello')
  })

  it('are of each person the highest head, and none that was told before they were erased', () => {
    const gathered = new Gathered()
    expect(gathered.isEmpty).toBe(true)
    gathered.add({ heads: Object.entries({ u1: 2, u2: 7 }) })
    gathered.add({ heads: Object.entries({ u1: 3, u3: 1 }) })
    gathered.add({ heads: Object.entries({ u1: 1 }), erased: ['u2', 'u3'] })
    gathered.add({ heads: Object.entries({ u3: 2 }), topics: true })
    const { heads = [], ...rest } = gathered.news()
    expect([[...heads], rest]).toEqual([Object.entries({ u1: 3, u3: 2 }), { erased: ['u2', 'u3'], topics: true }])
  })

  it('wait for no more than 10,000 people', () => {
    const gathered = new Gathered()
    const people = Array.from({ length: 25_000 }, (_, index) => `u${index}`)
    gathered.add({ heads: people.map((one) => [one, 1] as const) })
    gathered.add({ heads: [['u0', 2]], erased: people.map((one) => `x${one}`) })
    const { heads = [], erased = [] } = gathered.news()
    expect([[...heads].length, erased.length, [...heads][0]]).toEqual([10_000, 10_000, ['u0', 2]])
  })
})
