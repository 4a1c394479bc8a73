/** A figure that the README of the repository shows. */
export interface Headline {
  readonly title: string
  readonly part: string
  /** Stands in the name of the scenario. */
  readonly scenario: string
  readonly figure: string
  /** Whose figure it is; Belfry's unless it is given. */
  readonly peer?: string
  /** Beside what; the baseline of the scenario unless it is given. */
  readonly beside?: string
}

const drained = { part: 'drain', figure: 'eventsPerSecond' } as const
const at400 = { part: 'latency', scenario: '400 events/s' } as const
const at2000 = { part: 'latency', scenario: '2,000 events/s' } as const
const meanwhile = { part: 'announcement', scenario: 'of others meanwhile', peer: 'announcing' } as const

/** The figures of the README, in their order. */
export const headlines: readonly Headline[] = [
  { title: 'backlog of 60,000 to 500 people', scenario: '60,000 events to 500 ', ...drained },
  { title: 'the same, beside the usual service', scenario: '60,000 events to 500 ', beside: 'each', ...drained },
  { title: 'backlog of 300,000 to 500 people', scenario: '300,000 events to 500 ', ...drained },
  { title: 'backlog of 60,000 to 50,000 people', scenario: '60,000 events to 50,000 ', ...drained },
  { title: 'CPU while draining, with Postgres', part: 'drain', scenario: '60,000 events to 500 ', figure: 'cpu' },
  { title: 'resident after 300,000', part: 'drain', scenario: '300,000 events to 500 ', figure: 'resident' },
  { title: 'event to socket at 400/s, p50', figure: 'p50', ...at400 },
  { title: 'event to socket at 400/s, p99', figure: 'p99', ...at400 },
  { title: 'CPU at 400/s, with Postgres', figure: 'cpu', ...at400 },
  { title: 'event to socket at 2,000/s, p50', figure: 'p50', ...at2000 },
  { title: 'event to socket at 2,000/s, p99', figure: 'p99', ...at2000 },
  { title: 'CPU with nothing to do, 500 sockets', part: 'latency', scenario: 'nothing to do', figure: 'idleCpu' },
  { title: 'memory of an idle socket', part: 'sockets', scenario: 'idle sockets', figure: 'kb5000' },
  { title: 'announcement to 100,000 people', part: 'announcement', scenario: 'to 100,000 people', figure: 'perSecond' },
  { title: 'event to socket of others meanwhile, p50', figure: 'p50', ...meanwhile },
  { title: 'event to socket of others meanwhile, p99', figure: 'p99', ...meanwhile },
  { title: 'clients on bad networks, p50', part: 'jitter', scenario: 'clients', figure: 'p50' },
  { title: 'clients on bad networks, p99', part: 'jitter', scenario: 'clients', figure: 'p99' },
  { title: 'HTTP batches into PGlite', part: 'embedded', scenario: 'events in batches', figure: 'eventsPerSecond' },
  { title: 'embedded, start in a used folder', part: 'start', scenario: 'warm', figure: 'readySeconds' },
  { title: 'embedded, resident then', part: 'start', scenario: 'warm', figure: 'settled' },
]

/** The figures of the plot of the README, with a bar for each peer. */
export const plotted: readonly Headline[] = [
  { title: 'A backlog of 60,000 events', scenario: '60,000 events to 500 ', ...drained },
  { title: 'Event to socket at 400 events/s, p50', figure: 'p50', ...at400 },
  { title: 'Event to socket at 400 events/s, p99', figure: 'p99', ...at400 },
]
