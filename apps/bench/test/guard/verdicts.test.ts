import { describe, expect, it } from 'vitest'
import { type GuardedRatio, linesOf, verdictsOf } from '../../src/guard/verdicts.ts'

const speed = (ratio: number): GuardedRatio => ({ title: 'speed', better: 'more', ratio })
const cost = (ratio: number): GuardedRatio => ({ title: 'cost', better: 'less', ratio })
const failed = (ratio: GuardedRatio) => verdictsOf([ratio], { speed: 0.5, cost: 2 }).some((one) => one.hasFailed)

describe('the guard', () => {
  it('fails only where a ratio is worse than half of what is recorded', () => {
    expect([0.24, 0.26, 0.5, 9].map((ratio) => failed(speed(ratio)))).toEqual([true, false, false, false])
    expect([4.1, 3.9, 2, 0.1].map((ratio) => failed(cost(ratio)))).toEqual([true, false, false, false])
  })

  it('fails where nothing could be measured', () => {
    expect([speed(Number.NaN), cost(Number.NaN)].map(failed)).toEqual([true, true])
  })

  it('passes what is not recorded', () => {
    expect(verdictsOf([speed(0.01)], {})[0]?.hasFailed).toBe(false)
  })

  it('prints each ratio beside the recorded one, and which has failed', () => {
    expect(linesOf(verdictsOf([speed(0.2), cost(2)], { speed: 0.5, cost: 2 }))).toBe(
      'speed  ×0.20  (recorded 0.50, more is better)  WORSE THAN HALF\ncost   ×2.00  (recorded 2.00, less is better)',
    )
  })
})
