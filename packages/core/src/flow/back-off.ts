/** How long to wait between tries. */
export interface BackOffOptions {
  /** The first wait, in milliseconds: 50 unless given. Each is twice as long as the one before. */
  readonly firstMs?: number
  /** The longest wait, in milliseconds: 5,000 unless given. */
  readonly maxMs?: number
}

/** How long to wait after `failures` earlier failures, in milliseconds: `firstMs` where there were none, and never more than `maxMs`. */
export function backOffMs(failures: number, { firstMs = 50, maxMs = 5_000 }: BackOffOptions = {}): number {
  return Math.min(firstMs * 2 ** failures, maxMs)
}

/**
 * Waits for `backOffMs`. Resolves at once where `signal` is aborted, before or meanwhile; the caller checks for that.
 * @param options `unref`: the wait does not keep the process alive
 */
export async function backOff(
  failures: number,
  {
    signal,
    unref = false,
    ...limits
  }: BackOffOptions & { readonly signal?: AbortSignal; readonly unref?: boolean } = {},
): Promise<void> {
  if (signal?.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  const timer = setTimeout(done, backOffMs(failures, limits))
  if (unref) timer.unref()
  signal?.addEventListener('abort', done, { once: true })
  await promise
  clearTimeout(timer)
  signal?.removeEventListener('abort', done)
}
