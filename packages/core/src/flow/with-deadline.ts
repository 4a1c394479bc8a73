/**
 * Waits for `work`, for at most `ms` milliseconds. The work itself is not stopped by that: its result, or its error, is dropped when it
 * comes later.
 * @param late makes the error that is thrown then, from the sentence that nothing came in time; it must name what was slow
 */
export async function withDeadline<T>(work: PromiseLike<T>, ms: number, late: (why: string) => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late(`no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
