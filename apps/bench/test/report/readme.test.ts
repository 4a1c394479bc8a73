import { describe, expect, it } from 'vitest'
import { plotOf, writeTable } from '../../src/report/readme.ts'
import { result } from './results.ts'

const markers = '<!-- Written by `pnpm bench readme`. -->\nold\n<!-- The end of what it writes. -->'
const measured = result.scenarios.map((scenario) => ({ ...scenario, name: '60,000 events to 500 people' }))
const results = [{ ...result, scenarios: measured }]

describe('the README', () => {
  it('has the table of the last results between its markers, and the rest as it was', () => {
    const written = writeTable(`before\n${markers}\nafter\n`, results)
    expect(written).toContain('| backlog of 60,000 to 500 people, events/s | 13,000 | 26,000 | batch | 0.50 |')
    expect(written).toContain('Medians of 2 runs on 2 cores with 8 GB, Node 24.0.0.')
    expect(written).not.toContain('old')
    expect(written.startsWith('before\n')).toBe(true)
    expect(written.endsWith('\nafter\n')).toBe(true)
    expect(writeTable(written, results)).toBe(written)
  })

  it('is not written where it has no markers, or where nothing was measured', () => {
    expect(() => writeTable('# Belfry', results)).toThrow('lacks the markers')
    expect(() => writeTable(markers, [])).toThrow('there are no results')
  })

  it('has a plot with a bar for each peer', () => {
    const plot = plotOf(results)
    expect(plot).toContain('events/s, more is better')
    expect(plot.match(/<rect /g)).toHaveLength(3)
    expect(plot).not.toContain('NaN')
  })
})
