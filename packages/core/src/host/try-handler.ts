import { coreErrors } from '../errors.ts'
import { waitAtMost } from '../flow/wait-at-most.ts'
import type { Log } from '../log.ts'
import type { NamedHandler } from '../plugin/compile-plugins.ts'
import { createHangBreaker } from './hang-breaker.ts'
import type { Incoming } from './incoming.ts'
import type { HandlerResult, HandlerRunner } from './run-handler.ts'
import type { Watch } from './watch.ts'

/** A plugin's runner, and the plugin that it runs the handlers of. */
export interface PluginRunner {
  readonly plugin: { readonly id: string }
  readonly runner: HandlerRunner
}

/** Gives events to handlers, as often as it takes. */
export interface HandlerTries {
  /** `patient` waits for a handler that hangs as long as for any other. */
  give(
    one: PluginRunner,
    handler: NamedHandler,
    incoming: Incoming,
    patient: boolean,
  ): HandlerResult | Promise<HandlerResult>
  /** What comes next: a handler of the events before that was given up is left. */
  next(): void
  /** Which handlers hang, in words; undefined while none does. */
  trouble(): string | undefined
}

export interface HandlerTriesOptions {
  readonly log: Log
  /** How long one run may take, in milliseconds. */
  readonly timeout: number
  readonly watch: Watch | undefined
  /** Milliseconds, from any beginning. */
  readonly clock: () => number
}

/** A handler that fails is tried again after these pauses (milliseconds), unless two seconds have passed since its first try began. */
const PAUSES = [50, 250]
const ALL_TRIES = 2_000
/** All wait for a handler that hangs, while it is given an event to see whether it answers, for this part of its time. */
const PROBE_PATIENCE = 0.1

/** What the same handler would make of the same event the next time too. */
const FINAL: ReadonlySet<string> = new Set(['EFFECT_INVALID', 'EFFECTS_NOT_A_LIST', 'EFFECTS_TOO_MANY'])
const isHang = (result: HandlerResult): boolean => !result.ok && result.error.code === coreErrors.HANDLER_TIMED_OUT.code

/** Makes what gives events to handlers; a watcher is told of each run, and in careful times until it has answered. */
export function createHandlerTries({ log, timeout, watch, clock }: HandlerTriesOptions): HandlerTries {
  const breaker = createHangBreaker(log, clock)
  /** Whether a handler was given up in careful times, and may still go on. */
  let lingers = false

  return {
    give({ plugin, runner }, handler, incoming, patient) {
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
        if (isHang(result)) breaker.hung(named, careful || patient)
        return result
      }
      const end = (result: HandlerResult): HandlerResult => {
        const hangs = isHang(result)
        if (result.ok || FINAL.has(result.error.code)) breaker.answered(named)
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
      if (admission === 'once' || careful || patient) return ended
      // Where it takes longer the handler goes on.
      return waitAtMost(ended, timeout * PROBE_PATIENCE).then((result) => result ?? refusalOf(named.name))
    },
    next() {
      if (lingers) watch?.leave()
      lingers = false
    },
    trouble: breaker.trouble,
  }
}

const refusalOf = (handler: string): HandlerResult => ({ ok: false, error: coreErrors.HANDLER_HANGS({ handler }) })

/** Tries again what failed and may succeed. */
async function tryAgain(
  first: HandlerResult | Promise<HandlerResult>,
  run: (ms: number) => HandlerResult | Promise<HandlerResult>,
  timeout: number,
  mayRetry: () => boolean,
): Promise<HandlerResult> {
  const began = performance.now()
  let result = await first
  for (const pause of PAUSES) {
    if (result.ok || FINAL.has(result.error.code) || !mayRetry()) break
    const left = ALL_TRIES - (performance.now() - began) - pause
    if (left <= 0) break
    await new Promise((resolve) => setTimeout(resolve, pause))
    if (!mayRetry()) break
    result = await run(Math.min(timeout, left))
  }
  return result
}
