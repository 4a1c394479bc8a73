import { describe, expect, it } from 'vitest'
import { Gathered } from '../../src/peers/news.ts'

describe('news', () => {
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
