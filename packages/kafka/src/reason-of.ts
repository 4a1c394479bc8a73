import { BelfryError } from '@belfry/contracts/errors'

/** What went wrong, as a sentence without its code. */
export const reasonOf = (error: unknown): string =>
  error instanceof BelfryError ? error.sentence : error instanceof Error ? error.message : String(error)
