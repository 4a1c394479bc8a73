import { describe, expect, it } from 'vitest'
import { histogramOf, sharesOf, sumOfHistograms } from '../../src/figures/histogram.ts'
import { quantilesOf } from '../../src/figures/quantiles.ts'
import { spreadOf } from '../../src/figures/spread.ts'

describe('the figures', () => {
  it('a spread has the median and the range of the runs, in whatever order they were', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 })
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 })
  })

  it('quantiles of a thousand values are those that a person would count', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => 1_000 - index)
    expect(quantilesOf(values)).toEqual({ mean: 500.5, p50: 501, p95: 951, p99: 991, max: 1_000 })
  })

  it('quantiles of no values are not numbers', () => {
    expect(quantilesOf([]).p99).toBeNaN()
  })

  it('a histogram counts every value once, and several add up to shares of a hundred percent', () => {
    const shares = sharesOf(sumOfHistograms([histogramOf([1, 1.1, 100]), histogramOf([0, 5])]))
    expect(shares.reduce((sum, [, percent]) => sum + percent, 0)).toBeCloseTo(100)
    expect(shares.find(([from]) => from === 1)?.[1]).toBeCloseTo(40)
    expect(shares[0]?.[0]).toBeCloseTo(0.1)
    expect(shares.at(-1)?.[0]).toBeCloseTo(100)
  })
})
