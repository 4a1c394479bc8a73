import { BelfryError } from '@belfry/contracts/errors'

/** The sentence of an error, without its code. */
export const reasonOf = (error: unknown): string =>
  error instanceof BelfryError ? error.sentence : error instanceof Error ? error.message : String(error)
