import { BelfryError, type Problem } from '@belfry/contracts/errors'

/** An error on its way to another thread. */
export type Carried =
  | { readonly code: string; readonly sentence: string; readonly problems: readonly Problem[] }
  | { readonly message: string; readonly stack?: string }

/** Packs an error: a coded one arrives as what it is, of any other its message and stack. */
export function pack(error: unknown): Carried {
  if (error instanceof BelfryError) {
    const { code, sentence, problems } = error
    return { code, sentence, problems }
  }
  if (!(error instanceof Error)) return { message: String(error) }
  return { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
}

/** The error that was packed. */
export function unpack(carried: Carried): Error {
  if ('code' in carried) return new BelfryError(carried.code, carried.sentence, carried.problems)
  const error = new Error(carried.message)
  if (carried.stack !== undefined) error.stack = carried.stack
  return error
}
