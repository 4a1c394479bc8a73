import type { Measurement, PartDescription, PeerResult, ScenarioResult } from '../results/result.ts'
import type { Services } from '../stage/services.ts'

/** How much is measured. */
export interface Extent {
  /** Runs of each peer in each scenario. */
  readonly runs: number
  /** Measures less in each run: for trying, not for figures. */
  readonly isQuick: boolean
  /** Measures only the scenarios whose names contain it. */
  readonly only: string
}

/** What a part is given to run. */
export interface Stage extends Extent {
  readonly services: Services
  /** Prints where the part is. */
  progress(line: string): void
}

/** A part of the bench. */
export interface Part {
  readonly description: PartDescription
  /** What it measures, one after the other. */
  scenarios(stage: Pick<Stage, 'services' | 'isQuick'>): readonly Scenario<string>[]
}

/** A scenario: what one run of a peer is. */
export interface Scenario<P extends string> {
  readonly name: string
  /** The peer to which the ratios are. */
  readonly baseline: P
  readonly peers: readonly P[]
  measure(peer: P): Promise<Measurement>
}

/** Lets a scenario stand among others, whose peers have other names. */
export const scenario = <P extends string>(one: Scenario<P>): Scenario<string> => one

/** Runs the peers of a scenario in turn, and in another order each time, so that what changes on the machine meets all of them alike. */
export async function interleave<P extends string>(
  { runs, progress }: Pick<Stage, 'runs' | 'progress'>,
  { name, baseline, peers, measure }: Scenario<P>,
): Promise<ScenarioResult> {
  const measured = new Map<P, Measurement[]>(peers.map((peer) => [peer, []]))
  for (let run = 0; run < runs; run++)
    for (let index = 0; index < peers.length; index++) {
      const peer = peers[(index + run) % peers.length]
      if (peer === undefined) continue
      const measurement = await measure(peer)
      measured.get(peer)?.push(measurement)
      progress(`${name}, run ${run + 1} of ${runs}, ${peer}: ${lineOf(measurement)}`)
    }
  const results = [...measured].map(([peer, measurements]): PeerResult => ({ peer, runs: measurements }))
  return { name, baseline, peers: results }
}

const lineOf = ({ values }: Measurement): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
    .join(', ')
