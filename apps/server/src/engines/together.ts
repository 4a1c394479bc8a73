import { BelfryError } from '@belfry/contracts/errors'
import { serverErrors } from '../errors.ts'

/**
 * Waits for all checks, so that all problems are reported together.
 * @throws the one error that there is, or CONFIG_INVALID with the sentences of several, a line each
 */
export async function together(checks: readonly Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(checks)
  throwAll(settled.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : [])))
}

/** Throws these errors, if there are any, as `together` does. */
export function throwAll(errors: readonly unknown[]): void {
  // An error without a code is a bug, and its stack is more useful than a list.
  for (const error of errors) if (!(error instanceof BelfryError)) throw error
  const [only, ...others] = errors.filter((error) => error instanceof BelfryError)
  if (only === undefined) return
  if (others.length === 0) throw only
  const all = [only, ...others]
  throw serverErrors.CONFIG_INVALID(
    { problems: all.map(({ sentence }) => sentence).join('\n') },
    {
      problems: all.flatMap(({ sentence, problems }) =>
        problems.length > 0 ? problems : [{ path: '', message: sentence }],
      ),
      cause: new AggregateError(all),
    },
  )
}
