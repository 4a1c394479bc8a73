/** Waits before the next try: 50 ms at first, then twice as long each time, up to five seconds; not at all once it is closing. */
export async function backOff(tries: number, closing: AbortSignal): Promise<void> {
  if (closing.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  const timer = setTimeout(done, Math.min(50 * 2 ** tries, 5_000))
  closing.addEventListener('abort', done, { once: true })
  await promise
  clearTimeout(timer)
  closing.removeEventListener('abort', done)
}
