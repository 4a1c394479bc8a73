import type { PartResult } from '../../src/results/result.ts'

/** A result of two peers, with two runs each. */
export const result: PartResult = {
  part: 'drain',
  compares: 'A backlog is drained.',
  figures: [
    { key: 'eventsPerSecond', title: 'drained', unit: 'events/s', better: 'more', hasRatio: true },
    { key: 'p50', title: 'p50', unit: 'ms', better: 'less', hasRatio: true },
    { key: 'lost', title: 'lost', unit: 'events', better: 'less', hasRatio: false },
  ],
  curves: { title: 'Arrivals', x: 'seconds', y: 'events/s' },
  machine: { cores: 2, memoryGb: 8, node: '24.0.0' },
  isQuick: false,
  measuredAt: '2026-05-01T10:00:00.000Z',
  scenarios: [
    {
      name: '60,000 events <fast>',
      baseline: 'batch',
      peers: [
        {
          peer: 'Belfry',
          runs: [
            { values: { eventsPerSecond: 12_000, lost: 0 }, latencies: { '10': 3, '12': 1 } },
            {
              values: { eventsPerSecond: 14_000, lost: 0 },
              curve: [
                [0.1, 1_000],
                [0.2, 1_400],
              ],
            },
          ],
        },
        {
          peer: 'batch',
          runs: [{ values: { eventsPerSecond: 26_000, lost: 2 } }, { values: { eventsPerSecond: 26_000, lost: 4 } }],
        },
      ],
    },
  ],
}
