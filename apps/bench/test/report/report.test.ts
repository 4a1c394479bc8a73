import { describe, expect, it } from 'vitest'
import { pageOf } from '../../src/report/page.ts'
import { tableOf } from '../../src/report/table.ts'
import { result } from './results.ts'

describe('the report', () => {
  it('the table has medians, ranges and ratios to the baseline, and leaves out what was not measured', () => {
    expect(tableOf(result).split('\n').slice(3)).toEqual([
      '60,000 events <fast>                        Belfry  [batch]',
      'drained, events/s     13,000 (12,000–14,000) ×0.50   26,000',
      'lost, events                                     0  3 (2–4)',
    ])
  })

  it('the page has every part with its table and its plots, and texts are escaped', () => {
    const page = pageOf([result])
    expect(page).toContain('60,000 events &lt;fast&gt;')
    expect(page).not.toContain('<fast>')
    expect(page.match(/<svg /g)).toHaveLength(2)
    expect(page).not.toContain('NaN')
  })

  it('the page needs nothing from anywhere', () => {
    expect(pageOf([result])).not.toMatch(/https?:|src=|@import/)
  })
})
