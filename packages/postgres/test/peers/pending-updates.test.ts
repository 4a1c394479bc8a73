import { describe, expect, it } from 'vitest'
import { PendingUpdates } from '../../src/peers/pending-updates.ts'

describe('pending updates', () => {
  it('keep of each person the highest head, and none from before the person was erased', () => {
    const pending = new PendingUpdates()
    expect(pending.isEmpty).toBe(true)
    pending.add({ heads: Object.entries({ u1: 2, u2: 7 }) })
    pending.add({ heads: Object.entries({ u1: 3, u3: 1 }) })
    pending.add({ heads: Object.entries({ u1: 1 }), erased: ['u2', 'u3'] })
    pending.add({ heads: Object.entries({ u3: 2 }), topics: true })
    const { heads = [], ...rest } = pending.asOne()
    expect([[...heads], rest]).toEqual([Object.entries({ u1: 3, u3: 2 }), { erased: ['u2', 'u3'], topics: true }])
  })

  it('keep at most 10,000 people', () => {
    const pending = new PendingUpdates()
    const people = Array.from({ length: 25_000 }, (_, index) => `u${index}`)
    pending.add({ heads: people.map((one) => [one, 1] as const) })
    pending.add({ heads: [['u0', 2]], erased: people.map((one) => `x${one}`) })
    const { heads = [], erased = [] } = pending.asOne()
    expect([[...heads].length, erased.length, [...heads][0]]).toEqual([10_000, 10_000, ['u0', 2]])
  })
})
