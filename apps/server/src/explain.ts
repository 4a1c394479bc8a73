import { BelfryError } from '@belfry/contracts/errors'

/**
 * An error as the program prints it before it ends: its sentence, or those of several that `together` has joined, a line each. For a
 * terminal what to do about each is on the lines below it, indented; a log keeps one line for each mistake.
 */
export function explain(error: BelfryError, onTerminal: boolean): string {
  const errors: readonly unknown[] = error.cause instanceof AggregateError ? error.cause.errors : [error]
  const lines = errors.flatMap((one) => {
    if (!(one instanceof BelfryError)) return []
    return onTerminal && one.remedy !== undefined ? [one.sentence, `  ${one.remedy}`] : [one.sentence]
  })
  return `${lines.join('\n')}\n`
}
