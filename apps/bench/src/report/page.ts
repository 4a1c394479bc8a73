import { sharesOf, sumOfHistograms } from '../figures/histogram.ts'
import { medianRun } from '../results/ratio.ts'
import type { PartResult, ScenarioResult } from '../results/result.ts'
import { chartOf } from './chart.ts'
import { escapeText } from './escape-text.ts'
import { type Cell, rowsOf } from './rows.ts'
import { runsOf } from './runs.ts'
import { style } from './style.ts'

/** Makes the page of all results: for each part what it compares, its tables and its plots. It needs nothing else to be shown. */
export function pageOf(results: readonly PartResult[]): string {
  const links = results.map(({ part }) => `<a href="#${part}">${part}</a>`).join(' ')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Belfry beside its peers</title>
<style>${style}</style>
<main>
<h1>Belfry beside its peers</h1>
<p>Measured in one run of the bench on one machine, peer by peer in turn, each in a process of its own. What is not measured does not run.</p>
<nav>${links}</nav>
${results.map(sectionOf).join('\n')}
</main>
</html>
`
}

function sectionOf(result: PartResult): string {
  const { part, compares, isQuick, machine, measuredAt } = result
  const extent = isQuick ? 'A quick run, which shows less than it seems. ' : ''
  return `<section id="${part}">
<h2>${escapeText(part)}</h2>
<p>${escapeText(compares)}</p>
<p class="note">${extent}Medians of ${runsOf(result)}, below them the range; × is the ratio to the peer that is underlined. ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}, ${measuredAt.slice(0, 10)}.</p>
${result.scenarios.map((scenario) => scenarioOf(result, scenario)).join('\n')}
</section>`
}

function scenarioOf(result: PartResult, scenario: ScenarioResult): string {
  const head = scenario.peers.map(
    ({ peer }) => `<th scope="col"${peer === scenario.baseline ? ' class="baseline"' : ''}>${escapeText(peer)}</th>`,
  )
  const rows = rowsOf(result, scenario).map(
    ({ figure, cells }) =>
      `<tr><th scope="row">${escapeText(figure.title)} <small>${escapeText(figure.unit)}</small></th>${cells.map(cellOf).join('')}</tr>`,
  )
  return `<article>
<h3>${escapeText(scenario.name)}</h3>
<div class="table"><table><thead><tr><th></th>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
${latencyChart(scenario)}
${curveChart(result, scenario)}
</article>`
}

function cellOf(cell: Cell | undefined): string {
  if (cell === undefined) return '<td>–</td>'
  const ratio = cell.ratio === undefined ? '' : ` <b>${cell.ratio}</b>`
  return `<td>${cell.median}${ratio}<small>${cell.range}</small></td>`
}

function latencyChart({ name, peers }: ScenarioResult): string {
  const series = peers.map(({ peer, runs }) => ({
    name: peer,
    points: sharesOf(sumOfHistograms(runs.map(({ latencies }) => latencies ?? {}))),
  }))
  return chartOf({
    title: `Event to socket at ${name}`,
    x: 'milliseconds',
    y: '% of events',
    series,
    isHistogram: true,
  })
}

function curveChart({ curves, figures }: PartResult, { peers, name }: ScenarioResult): string {
  if (curves === undefined) return ''
  const key = figures[0]?.key ?? ''
  const series = peers.map((peer) => ({ name: peer.peer, points: medianRun(peer, key)?.curve ?? [] }))
  return chartOf({ title: `${curves.title}: ${name}`, x: curves.x, y: curves.y, series })
}
