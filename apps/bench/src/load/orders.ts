import type { Quantiles } from '../figures/quantiles.ts'
import type { Measurement } from '../results/result.ts'

/** How the sockets of a service are opened, and which person they are of: Belfry's stream, or an address that names the person. */
export type Protocol = 'belfry' | 'plain'

/** Where sockets are opened. */
export interface Address {
  readonly protocol: Protocol
  /** The address of the service: `ws://…`. */
  readonly url: string
  /** The secret of the tokens of Belfry's people. */
  readonly secret: string
}

/** How a socket that was closed is opened again. */
export interface Returns {
  /** Milliseconds until it is opened again, a fifth more or less. */
  readonly awayMs: number
  /** Milliseconds after which the client breaks its connection, a fifth more or less; never without it. */
  readonly cutEveryMs?: number
}

/** Where events are sent: a topic of Kafka, or Belfry over HTTP in batches. */
export type Target =
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly topic: string }
  | { readonly kind: 'http'; readonly http: string; readonly secret: string }

/** Where the events of a load go, and where what they cause arrives. */
export interface LoadOptions extends Address {
  readonly target: Target
  /** The events go to so many people in turn. */
  readonly people: number
  /** People who are connected, evenly among all. */
  readonly sockets: number
  /** Without it a socket that is closed stays closed. */
  readonly returns?: Returns
}

/** People whose numbers follow one another. */
export interface PeopleRange {
  readonly from: number
  readonly count: number
}

/** A round of events. */
export interface Round {
  readonly events: number
  /** Events per second; 0 is as fast as Kafka takes them. */
  readonly rate: number
  /** Sends only to people who are connected, so that every event arrives on a socket. */
  readonly onlyConnected?: boolean
}

/** A text that arrives on many sockets. */
export interface WatchedText {
  readonly text: string
  readonly sockets: number
  readonly quietMs: number
}

/** When a text arrived on the sockets: milliseconds since 1970, with fractions. */
export interface TextArrivals {
  readonly arrivedAt: readonly number[]
}

/** What the process of the load receives, and answers with one message each. */
export type Order =
  | ({ readonly order: 'connect' } & LoadOptions)
  | ({ readonly order: 'open' } & Address & PeopleRange)
  | ({ readonly order: 'produce' } & Round)
  | ({ readonly order: 'watch' } & WatchedText)
  | { readonly order: 'collect'; readonly from: number; readonly quietMs: number }

/** What has arrived of a round on the sockets. */
export interface Arrivals {
  readonly expected: number
  readonly arrived: number
  readonly repeated: number
  /** Milliseconds since 1970, with fractions; NaN where nothing arrived. */
  readonly lastAt: number
  readonly latency: Quantiles
  readonly latencies: NonNullable<Measurement['latencies']>
  /** Arrivals in each tenth of a second since `from` of the order, with the second at which it ends. */
  readonly curve: NonNullable<Measurement['curve']>
}

export type Answer =
  | { readonly answer: 'connected' | 'opened' | 'produced' }
  | ({ readonly answer: 'watched' } & TextArrivals)
  | ({ readonly answer: 'collected' } & Arrivals)
