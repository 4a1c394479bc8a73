import { BelfryError, type Problem } from '@belfry/contracts/errors'

/** An error on its way to another thread. */
export type Carried =
  | {
      readonly code: string
      readonly sentence: string
      readonly problems: readonly Problem[]
      readonly transient: boolean
    }
  | { readonly message: string; readonly stack?: string }

/** Packs an error: a coded one arrives as what it is, of any other its message and stack. */
export function pack(error: unknown): Carried {
  if (error instanceof BelfryError) {
    const { code, sentence, problems, transient } = error
    return { code, sentence, problems, transient }
  }
  if (!(error instanceof Error)) return { message: String(error) }
  return { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
}

/** The error that was packed. */
export function unpack(carried: Carried): Error {
  if ('code' in carried) {
    const { code, sentence, problems, transient } = carried
    return new BelfryError(code, sentence, problems, { transient })
  }
  const error = new Error(carried.message)
  if (carried.stack !== undefined) error.stack = carried.stack
  return error
}
