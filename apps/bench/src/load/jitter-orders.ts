import type { Histogram } from '../figures/histogram.ts'
import type { Quantiles } from '../figures/quantiles.ts'

/** Clients that are cut off again and again, while texts are sent to all of them. */
export interface JitterOrder {
  readonly peer: 'Belfry' | 'Socket.IO'
  readonly http: string
  readonly secret: string
  readonly clients: number
  readonly broadcasts: number
}

/** What has arrived of all that each client was to receive. */
export interface JitterAnswer {
  readonly expected: number
  readonly arrived: number
  readonly repeated: number
  readonly cuts: number
  readonly latency: Quantiles
  readonly latencies: Histogram
}
