/**
 * Waits until `work` has ended, for at most `ms` milliseconds, and returns its result; undefined where it fails, or takes longer. It
 * never throws, and does not keep the process alive.
 */
export async function waitAtMost<T>(work: PromiseLike<T>, ms: number): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), ms).unref()
  try {
    return await Promise.race([work, promise])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
