import type { Histogram } from '../figures/histogram.ts'

/** A point of a plot. */
export type Point = readonly [x: number, y: number]

/** The figures of one run of one peer. */
export interface Measurement {
  /** By the key of the figure. A figure that a peer does not have is left out. */
  readonly values: Readonly<Record<string, number>>
  /** Milliseconds from event to socket. */
  readonly latencies?: Histogram
  /** Something over time or over a count, for a plot. */
  readonly curve?: readonly Point[]
}

/** A figure of a part: what its values mean. */
export interface Figure {
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Whether the table shows its ratio to the baseline. */
  readonly hasRatio: boolean
}

/** The runs of one peer in one scenario. */
export interface PeerResult {
  readonly peer: string
  readonly runs: readonly Measurement[]
}

export interface ScenarioResult {
  readonly name: string
  /** The peer to which the ratios are. */
  readonly baseline: string
  readonly peers: readonly PeerResult[]
}

/** What the curves of a part show. */
export interface Axes {
  readonly title: string
  readonly x: string
  readonly y: string
}

/** What the results of a part mean; the same for all its runs. */
export interface PartDescription {
  readonly part: string
  /** One sentence: what is compared with what. */
  readonly compares: string
  readonly figures: readonly Figure[]
  readonly curves?: Axes
}

/** The machine and the versions that results were measured with. */
export interface Machine {
  readonly cores: number
  readonly memoryGb: number
  readonly node: string
}

/** The results of one part, as they are kept in a file. */
export interface PartResult extends PartDescription {
  readonly machine: Machine
  readonly isQuick: boolean
  readonly measuredAt: string
  readonly scenarios: readonly ScenarioResult[]
}
