import type { Point } from '../results/result.ts'
import { colourOf } from './colours.ts'
import { escapeText } from './escape-text.ts'
import { format } from './format.ts'
import { linearTicks, logTicks } from './ticks.ts'

/** A line of a chart. */
export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}

export interface ChartOptions {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
  /** Whether the x axis is logarithmic, and each point a step up to the next one, as of a histogram. */
  readonly isHistogram?: boolean
}

const WIDTH = 560
const HEIGHT = 300
const LEFT = 58
const RIGHT = 16
const TOP = 56
const BOTTOM = 44
const round = (value: number) => Math.round(value * 10) / 10

/** Draws lines, or the outlines of histograms, as an SVG that takes its colours of text and paper from the page. */
export function chartOf({ title, x, y, series, isHistogram = false }: ChartOptions): string {
  const points = series.flatMap((one) => one.points)
  if (points.length === 0) return ''
  const xs = points.map(([at]) => at)
  const xTicks = isHistogram ? logTicks(Math.min(...xs), 1.26 * Math.max(...xs)) : linearTicks(Math.max(...xs), 6)
  const yTicks = linearTicks(Math.max(...points.map(([, value]) => value)), 4)
  const scale = isHistogram ? Math.log10 : (value: number) => value
  const [from, to] = [scale(xTicks[0] ?? 0), scale(xTicks.at(-1) ?? 1)]
  const toX = (value: number) => round(LEFT + ((scale(value) - from) / (to - from)) * (WIDTH - LEFT - RIGHT))
  const toY = (value: number) => round(HEIGHT - BOTTOM - (value / (yTicks.at(-1) ?? 1)) * (HEIGHT - TOP - BOTTOM))
  const grid = [
    ...yTicks.map(
      (tick) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${toY(tick)}" y2="${toY(tick)}"/><text x="${LEFT - 8}" y="${toY(tick) + 4}" text-anchor="end">${format(tick)}</text>`,
    ),
    ...xTicks.map(
      (tick) => `<text x="${toX(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${format(tick)}</text>`,
    ),
  ]
  const lines = series.map(({ name, points: line }, index) => {
    const colour = colourOf(name, index)
    const path = isHistogram
      ? stepsOf(line, { toX, toY })
      : line.map(([at, value]) => `${toX(at)},${toY(value)}`).join(' L')
    const area = isHistogram ? `<path d="M${path}" fill="${colour}" opacity="0.12"/>` : ''
    return `${area}<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(title)}">
<text class="title" x="${LEFT}" y="20">${escapeText(title)}</text>
${legendOf(series.map(({ name }) => name))}
${grid.join('\n')}
${lines.join('\n')}
<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${escapeText(x)}</text>
<text x="${LEFT}" y="${HEIGHT - 8}">${escapeText(y)}</text>
</svg>`
}

function legendOf(names: readonly string[]): string {
  let at = LEFT
  return names
    .map((name, index) => {
      const item = `<rect x="${at}" y="31" width="10" height="10" rx="2" fill="${colourOf(name, index)}"/><text x="${at + 15}" y="40">${escapeText(name)}</text>`
      at += 34 + 7 * name.length
      return item
    })
    .join('')
}

/** The outline of a histogram: each point is a bucket that reaches to the next point, and the last one as far as those before. */
function stepsOf(
  points: readonly Point[],
  { toX, toY }: { toX(value: number): number; toY(value: number): number },
): string {
  const width = 10 ** 0.1
  const steps = points.flatMap(([at, value]) => [`${toX(at)},${toY(value)}`, `${toX(at * width)},${toY(value)}`])
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return ''
  return [`${toX(first[0])},${toY(0)}`, ...steps, `${toX(last[0] * width)},${toY(0)}`].join(' L')
}
