import type { CloudEvent, Contract } from '@belfry/contracts'

/** An event on its way to its handlers: its contract has checked it, and it has a `time`. */
export interface Incoming {
  readonly event: CloudEvent
  readonly contract: Contract
  /** Where it was read. */
  readonly place?: Place
}

/** Where a record lies. */
export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}
