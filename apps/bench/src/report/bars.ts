import { colourOf } from './colours.ts'
import { escapeText } from './escape-text.ts'
import { format } from './format.ts'

/** A group of bars of one figure. */
export interface BarGroup {
  readonly title: string
  readonly unit: string
  readonly bars: readonly { readonly name: string; readonly value: number }[]
}

const WIDTH = 760
const NAMES = 110
const VALUES = 90
const BAR = 18
const GAP = 7
const HEAD = 30
const FOOT = 22

/** Draws groups of horizontal bars, one below the other, each on a scale of its own, as an SVG that can be shown by itself. */
export function barsOf(title: string, groups: readonly BarGroup[]): string {
  let top = 8
  const drawn = groups.map((group) => {
    const body = groupOf(group, top)
    top += HEAD + group.bars.length * (BAR + GAP) + FOOT
    return body
  })
  const height = top - FOOT + 8
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escapeText(title)}</title>
<style>
.paper { fill: #fdfdfb } text { font: 13px system-ui, sans-serif; fill: #1d2433 } .title { font-weight: 600 } .soft { fill: #667085 }
@media (prefers-color-scheme: dark) { .paper { fill: #14171c } text { fill: #e6e8ec } .soft { fill: #98a1b0 } }
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>
${drawn.join('\n')}
</svg>
`
}

function groupOf({ title, unit, bars }: BarGroup, top: number): string {
  const most = Math.max(...bars.map(({ value }) => value))
  const lines = bars.map(({ name, value }, index) => {
    const y = top + HEAD + index * (BAR + GAP)
    const width = Math.max(1, Math.round((value / most) * (WIDTH - NAMES - VALUES)))
    return `<text x="${NAMES - 10}" y="${y + 13}" text-anchor="end">${escapeText(name)}</text>
<rect x="${NAMES}" y="${y}" width="${width}" height="${BAR}" rx="3" fill="${colourOf(name, index)}"/>
<text x="${NAMES + width + 8}" y="${y + 13}">${format(value)}</text>`
  })
  return `<text class="title" x="${NAMES}" y="${top + 18}">${escapeText(title)} <tspan class="soft" font-weight="400">${escapeText(unit)}</tspan></text>
${lines.join('\n')}`
}
