import { AsyncLocalStorage } from 'node:async_hooks'

/** One run of a handler. Everything that the run starts can find it. */
export interface HandlerRun {
  /** Something that the run has started has failed, and the error was not caught. */
  fail(error: unknown): void
}

const runs = new AsyncLocalStorage<HandlerRun>()

/** Calls a handler as this run: whatever the handler starts belongs to the run, however much later it ends. */
export const callIn = <Event, Context>(
  run: HandlerRun,
  handle: (event: Event, context: Context) => unknown,
  event: Event,
  context: Context,
): unknown => runs.run(run, handle, event, context)

/**
 * Attributes an error of `uncaughtException` or `unhandledRejection` to the handler that started what failed. While that handler runs, it
 * fails with the error; once it has returned, the error is logged. Returns whether there is such a handler; where there is none, the caller
 * deals with the error.
 */
export function blameHandler(error: unknown): boolean {
  const run = runs.getStore()
  run?.fail(error)
  return run !== undefined
}
