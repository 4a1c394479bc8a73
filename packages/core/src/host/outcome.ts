import type { BelfryError } from '@belfry/contracts/errors'
import type { PluginEffects } from '../ports/batches.ts'

/** One plugin could not decide about one event, or its notifications are not sent because one of them is invalid: its handler, and why. */
export interface Failure {
  readonly plugin: string
  readonly handler: string
  readonly error: BelfryError
}

/** What all plugins made of one event. */
export interface Outcome {
  readonly effects: readonly PluginEffects[]
  readonly failures: readonly Failure[]
  /** Its handlers were not started in time: it is to be decided again. */
  readonly undecided?: true
}
