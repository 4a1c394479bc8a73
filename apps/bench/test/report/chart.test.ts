import { describe, expect, it } from 'vitest'
import { chartOf } from '../../src/report/chart.ts'
import { format } from '../../src/report/format.ts'
import { linearTicks, logTicks } from '../../src/report/ticks.ts'

describe('a chart', () => {
  it('has round numbers on its axes, from 0 or in steps of 1, 2, 5', () => {
    expect(linearTicks(38_200, 4)).toEqual([0, 10_000, 20_000, 30_000, 40_000])
    expect(linearTicks(0.7, 4)).toEqual([0, 0.2, 0.4, 0.6, 0.8].map((tick) => expect.closeTo(tick)))
    expect(linearTicks(0, 4)).toEqual([0, 1])
    expect(logTicks(3, 40)).toEqual([2, 5, 10, 20, 50])
  })

  it('draws every series inside its frame, with its name', () => {
    const chart = chartOf({
      title: 'Drained',
      x: 'seconds',
      y: 'events/s',
      series: [
        {
          name: 'Belfry',
          points: [
            [0, 0],
            [3, 40],
          ],
        },
        { name: 'batch', points: [[1, 80]] },
      ],
    })
    expect(chart).toContain('>Belfry</text>')
    expect(chart).toContain('M58,256 L544,156')
    expect(chart).not.toContain('NaN')
  })

  it('is left out where nothing was measured', () => {
    expect(chartOf({ title: 'Drained', x: 's', y: 'n', series: [{ name: 'Belfry', points: [] }] })).toBe('')
  })

  it('has numbers as people read them', () => {
    expect([0.318, 5.12, 41.74, 12_204.4, 300_000, Number.NaN].map(format)).toEqual([
      '0.32',
      '5.12',
      '41.7',
      '12,200',
      '300,000',
      '–',
    ])
  })
})
