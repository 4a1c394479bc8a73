import { coreErrors } from '../errors.ts'
import { waitAtMost } from '../flow/wait-at-most.ts'
import type { Logger } from '../logger.ts'
import type { NamedHandler } from '../plugin/compile-plugins.ts'
import type { HandlerResult } from './handler-result.ts'
import { createHangBreaker } from './hang-breaker.ts'
import type { Incoming } from './incoming.ts'
import type { HandlerRunner } from './run-handler.ts'
import type { Watch } from './watch.ts'

/** A plugin's runner, and the plugin that it runs the handlers of. */
export interface PluginRunner {
  readonly plugin: { readonly id: string }
  readonly runner: HandlerRunner
}

/** Runs handlers, and runs those that fail again as often as it takes. */
export interface HandlerTries {
  /** Runs the handler of an event. `waits`: a handler that hangs is waited for as long as any other. */
  run(
    one: PluginRunner,
    handler: NamedHandler,
    incoming: Incoming,
    waits: boolean,
  ): HandlerResult | Promise<HandlerResult>
  /** New events come: a handler of the ones before that was given up is left. */
  startBatch(): void
  /** Which handlers hang, in words; undefined while none does. */
  trouble(): string | undefined
}

export interface HandlerTriesOptions {
  readonly logger: Logger
  /** How long one run may take, in milliseconds. */
  readonly timeout: number
  readonly watch: Watch | undefined
  /** Milliseconds, from any beginning. */
  readonly clock: () => number
}

/** A handler that fails is tried again after these pauses, unless `ALL_TRIES_MS` have passed since its first try began. */
const RETRY_PAUSES_MS = [50, 250]
const ALL_TRIES_MS = 2_000
/** All others wait for a handler that hangs, while an event probes whether it returns again, for this share of its time. */
const PROBE_WAIT_SHARE = 0.1

/** Errors that the same handler would have for the same event the next time too. */
const FINAL: ReadonlySet<string> = new Set(['EFFECT_INVALID', 'EFFECTS_NOT_A_LIST', 'EFFECTS_TOO_MANY'])
const isHang = (result: HandlerResult): boolean => !result.ok && result.error.code === coreErrors.HANDLER_TIMED_OUT.code

/** Makes what runs handlers. The watch follows the synchronous part of each run, and in careful mode the run until it has returned. */
export function createHandlerTries({ logger, timeout, watch, clock }: HandlerTriesOptions): HandlerTries {
  const breaker = createHangBreaker(logger, clock)
  /** Whether a handler was given up in careful mode, and may still go on. */
  let lingers = false

  return {
    run({ plugin, runner }, handler, incoming, waits) {
      const named = { name: `${plugin.id}.${handler.name}`, plugin: plugin.id }
      const admission = breaker.admit(named)
      if (admission === 'refused') return refusalOf(named.name)
      const { place } = incoming
      const careful = watch?.careful() === true
      const run = (ms: number): HandlerResult | Promise<HandlerResult> => {
        if (place && !lingers) watch?.enter(plugin.id, place)
        const result = runner.run(incoming, handler, ms)
        if (!careful) watch?.leave()
        return result instanceof Promise ? result.then(noteHang) : result
      }
      const noteHang = (result: HandlerResult): HandlerResult => {
        if (isHang(result)) breaker.hung(named, careful || waits)
        return result
      }
      const end = (result: HandlerResult): HandlerResult => {
        const hangs = isHang(result)
        if (result.ok || FINAL.has(result.error.code)) breaker.returned(named)
        else if (!hangs) breaker.failed(named)
        if (careful && hangs) lingers = true
        if (careful && !lingers) watch?.leave()
        return result
      }
      const first = run(timeout)
      if (admission === 'tries' && (first instanceof Promise || !first.ok))
        return tryAgain(first, run, timeout, () => breaker.mayRetry(named)).then(end)
      if (!(first instanceof Promise)) return end(first)
      const ended = first.then(end)
      if (admission === 'once' || careful || waits) return ended
      // Where it takes longer the handler goes on.
      return waitAtMost(ended, timeout * PROBE_WAIT_SHARE).then((result) => result ?? refusalOf(named.name))
    },
    startBatch() {
      if (lingers) watch?.leave()
      lingers = false
    },
    trouble: breaker.trouble,
  }
}

const refusalOf = (handler: string): HandlerResult => ({ ok: false, error: coreErrors.HANDLER_HANGS({ handler }) })

/** Runs again what failed and may succeed. */
async function tryAgain(
  first: HandlerResult | Promise<HandlerResult>,
  run: (ms: number) => HandlerResult | Promise<HandlerResult>,
  timeout: number,
  mayRetry: () => boolean,
): Promise<HandlerResult> {
  const began = performance.now()
  let result = await first
  for (const pause of RETRY_PAUSES_MS) {
    if (result.ok || FINAL.has(result.error.code) || !mayRetry()) break
    const left = ALL_TRIES_MS - (performance.now() - began) - pause
    if (left <= 0) break
    await new Promise((resolve) => setTimeout(resolve, pause))
    if (!mayRetry()) break
    result = await run(Math.min(timeout, left))
  }
  return result
}
