import { ratioIn, spreadIn } from '../results/ratio.ts'
import type { Figure, PartResult, ScenarioResult } from '../results/result.ts'
import { type BarGroup, barsOf } from './bars.ts'
import { format } from './format.ts'
import { type Headline, headlines, plotted } from './headlines.ts'
import { runsOf } from './runs.ts'

const BEGIN = '<!-- Written by `pnpm bench readme`. -->'
const END = '<!-- The end of what it writes. -->'
const PLOT =
  '![Events per second of a backlog, and milliseconds from event to socket, of Belfry and its peers](apps/bench/speed.svg)'

/** Puts the table of the headlines and the plot between the markers of a README; throws where it has none. */
export function writeTable(readme: string, results: readonly PartResult[]): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (from === -1 || to < from) throw new Error('README.md lacks the markers of its table of speed')
  return `${readme.slice(0, from + BEGIN.length)}\n\n${tableOf(results)}\n\n${PLOT}\n\n${readme.slice(to)}`
}

/** Draws the plot of the README. */
export const plotOf = (results: readonly PartResult[]): string =>
  barsOf(
    'Belfry and its peers',
    plotted.flatMap((headline): readonly BarGroup[] => {
      const found = find(results, headline)
      if (found === undefined) return []
      const { figure, scenario } = found
      const bars = scenario.peers.flatMap((peer) => {
        const spread = spreadIn(peer, figure.key)
        return spread === undefined ? [] : [{ name: peer.peer, value: spread.median }]
      })
      return [{ title: headline.title, unit: `${figure.unit}, ${figure.better} is better`, bars }]
    }),
  )

function tableOf(results: readonly PartResult[]): string {
  const rows = headlines.flatMap((headline) => {
    const found = find(results, headline)
    return found === undefined ? [] : [rowOf(headline, found)]
  })
  const [first] = results
  if (first === undefined) throw new Error('there are no results: run `pnpm bench` first')
  const { machine } = first
  return [
    '| figure | Belfry | beside | | ratio |',
    '| --- | ---: | ---: | --- | ---: |',
    ...rows,
    '',
    `Medians of ${runsOf(...results)} on ${machine.cores} cores with ${machine.memoryGb} GB, Node ${machine.node}.`,
  ].join('\n')
}

interface Found {
  readonly scenario: ScenarioResult
  readonly figure: Figure
}

function find(results: readonly PartResult[], headline: Headline): Found | undefined {
  const result = results.find(({ part }) => part === headline.part)
  const scenario = result?.scenarios.find(({ name }) => name.includes(headline.scenario))
  const figure = result?.figures.find(({ key }) => key === headline.figure)
  if (result === undefined || scenario === undefined || figure === undefined) return undefined
  return { scenario, figure }
}

function rowOf({ title, peer = 'Belfry', beside }: Headline, { scenario, figure }: Found): string {
  const other = beside ?? scenario.baseline
  const median = (name: string) => {
    const found = scenario.peers.find((one) => one.peer === name)
    return format((found && spreadIn(found, figure.key)?.median) ?? Number.NaN)
  }
  const ratio = ratioIn(scenario, figure.key, [peer, other])
  return `| ${title}, ${figure.unit} | ${median(peer)} | ${median(other)} | ${other} | ${ratio?.toFixed(2) ?? '–'} |`
}
