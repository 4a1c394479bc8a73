import { AsyncLocalStorage } from 'node:async_hooks'

/** A run of a handler, as whatever it has begun finds it. */
export interface HandlerRun {
  /** Something that the run has begun has failed, and nobody has caught it. */
  fail(error: unknown): void
}

const runs = new AsyncLocalStorage<HandlerRun>()

/** Calls a handler for a run: what it begins knows the run, however much later. */
export const callIn = <Event, Context>(
  run: HandlerRun,
  handle: (event: Event, context: Context) => unknown,
  event: Event,
  context: Context,
): unknown => runs.run(run, handle, event, context)

/**
 * Tells the handler of it that has begun what failed: for an error of `uncaughtException` or `unhandledRejection`. While the handler is
 * still at work it has failed then; once it has answered, that is logged. Answers whether there is such a handler; an error of nobody's
 * is the caller's to deal with.
 */
export function blameHandler(error: unknown): boolean {
  const run = runs.getStore()
  run?.fail(error)
  return run !== undefined
}
