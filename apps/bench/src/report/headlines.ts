/** A figure that the README of the repository shows. */
export interface Headline {
  readonly title: string
  readonly part: string
  /** Stands in the name of the scenario. */
  readonly scenario: string
  readonly figure: string
}

/** The figures of the README, in their order. Each is Belfry's, beside the baseline of its part. */
export const headlines: readonly Headline[] = [
  {
    title: 'backlog of 60,000 to 500 people',
    part: 'drain',
    scenario: '60,000 events to 500 ',
    figure: 'eventsPerSecond',
  },
  {
    title: 'backlog of 300,000 to 50,000 people',
    part: 'drain',
    scenario: '300,000 events to 50,000 ',
    figure: 'eventsPerSecond',
  },
  { title: 'CPU of an event while draining', part: 'drain', scenario: '60,000 events to 500 ', figure: 'cpu' },
  { title: 'memory after 300,000 events', part: 'drain', scenario: '300,000 events to 500 ', figure: 'resident' },
  { title: 'event to socket at 400/s, p50', part: 'latency', scenario: '400 events/s', figure: 'p50' },
  { title: 'event to socket at 400/s, p99', part: 'latency', scenario: '400 events/s', figure: 'p99' },
  { title: 'CPU of an event at 400/s', part: 'latency', scenario: '400 events/s', figure: 'cpu' },
  { title: 'event to socket at 2,000/s, p50', part: 'latency', scenario: '2,000 events/s', figure: 'p50' },
  { title: 'event to socket at 2,000/s, p99', part: 'latency', scenario: '2,000 events/s', figure: 'p99' },
  { title: 'CPU with nothing to do', part: 'latency', scenario: 'nothing to do', figure: 'idleCpu' },
]

/** The figures of the plot of the README, with a bar for each peer. */
export const plotted: readonly Headline[] = [
  { title: 'A backlog of 60,000 events', part: 'drain', scenario: '60,000 events to 500 ', figure: 'eventsPerSecond' },
  { title: 'Event to socket at 400 events/s, p50', part: 'latency', scenario: '400 events/s', figure: 'p50' },
  { title: 'Event to socket at 400 events/s, p99', part: 'latency', scenario: '400 events/s', figure: 'p99' },
]
