import type { CloudEvent, LinkSchemes } from '@belfry/contracts'
import { shorten } from '@belfry/contracts/check'
import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import { type Log, withFields } from '../log.ts'
import type { CompiledPlugin, NamedHandler } from '../plugin/compile-plugins.ts'
import { createMakers, type UntypedMakers } from '../plugin/effect-makers.ts'
import { EffectTally } from '../plugin/effect-tally.ts'
import type { Effect } from '../plugin/effects.ts'
import { callIn, type HandlerRun } from './handler-runs.ts'
import type { Incoming, Place } from './incoming.ts'

/** What one handler made of one event: effects, or why there are none. `forgotten` were made and not returned. */
export type HandlerResult =
  | { readonly ok: true; readonly effects: readonly Effect[]; readonly forgotten: readonly Effect[] }
  | { readonly ok: false; readonly error: BelfryError }

/** One set of makers is used by one run at a time, so that what was made in it is known exactly; sets are used again. */
interface Kit {
  readonly makers: UntypedMakers
  readonly made: Effect[]
  readonly tally: EffectTally
  /** The handler that it is used by, as `<plugin>.<handler>`. */
  handler: string
}

/** Runs the handlers of one plugin. */
export interface HandlerRunner {
  /** Runs the handler of this event once, for at most `ms` milliseconds; never throws. */
  run(incoming: Incoming, handler: NamedHandler, ms: number): HandlerResult | Promise<HandlerResult>
}

/** One run of a handler, as what it begins finds it. */
class Run implements HandlerRun {
  /** Fails the handler, as long as it has not answered. */
  reject: ((error: unknown) => void) | undefined
  readonly #log: Log
  readonly #plugin: string
  readonly #name: string
  readonly #event: CloudEvent
  readonly #place: Place | undefined

  constructor(log: Log, plugin: string, name: string, event: CloudEvent, place: Place | undefined) {
    this.#log = log
    this.#plugin = plugin
    this.#name = name
    this.#event = event
    this.#place = place
  }

  /** What is logged with it. */
  get fields(): object {
    const { id, type, traceparent } = this.#event
    const traced = traceparent === undefined ? {} : { traceparent }
    return { plugin: this.#plugin, handler: this.#name, event: id, type, ...this.#place, ...traced }
  }

  fail(error: unknown): void {
    if (this.reject) this.reject(error)
    else {
      const handler = `${this.#plugin}.${this.#name}`
      const { code, sentence } = coreErrors.HANDLER_LEFT_ERROR({ handler, error: sentenceOf(error) })
      this.#log.error({ ...this.fields, code, err: error }, sentence)
    }
  }
}

export function createHandlerRunner(plugin: CompiledPlugin, log: Log, links: LinkSchemes): HandlerRunner {
  const idle: Kit[] = []
  const createKit = (): Kit => {
    const made: Effect[] = []
    const tally = new EffectTally()
    const makers = createMakers(
      plugin.forms,
      (effect) => {
        tally.add(effect, kit.handler)
        made.push(effect)
      },
      links,
    )
    const kit: Kit = { made, tally, makers, handler: '' }
    return kit
  }

  return {
    run({ event, place: where }, { name, handle }, ms) {
      const kit = idle.pop() ?? createKit()
      const place = `${plugin.id}.${name}`
      kit.handler = place
      // Made when a handler asks for it: most do not, and it costs more than they do.
      let stop: AbortController | undefined
      const own = new Run(log, plugin.id, name, event, where)
      const finish = (returned: unknown): HandlerResult => {
        if (kit.tally.exceeded) return { ok: false, error: kit.tally.exceeded }
        const result = resultOf(returned, kit.made, place)
        kit.made.length = 0
        kit.tally.clear()
        idle.push(kit)
        return result
      }
      try {
        const context = {
          ...kit.makers,
          config: plugin.settings,
          get signal() {
            stop ??= new AbortController()
            return stop.signal
          },
          get log() {
            return withFields(log, own.fields)
          },
        }
        const returned = callIn(own, handle, event, context)
        if (!isPromise(returned)) return finish(returned)
        // What it has answered may itself throw when it is looked at.
        return withinTime(returned, own, () => stop?.abort(), ms, place)
          .then(finish)
          .catch((error: unknown) => failure(error, place))
      } catch (error) {
        return failure(error, place)
      }
    },
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

async function withinTime(
  returned: PromiseLike<unknown>,
  run: Run,
  abort: () => void,
  ms: number,
  handler: string,
): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>()
  run.reject = reject
  const timer = setTimeout(() => {
    // Before the signal: a handler that fails of it has hung all the same.
    reject(coreErrors.HANDLER_TIMED_OUT({ handler, ms: Math.round(ms) }))
    abort()
  }, ms)
  try {
    return await Promise.race([returned, promise])
  } finally {
    clearTimeout(timer)
    run.reject = undefined
  }
}

function failure(error: unknown, handler: string): HandlerResult {
  if (error instanceof BelfryError) return { ok: false, error }
  return { ok: false, error: coreErrors.HANDLER_FAILED({ handler, error: sentenceOf(error) }, { cause: error }) }
}

/** What was thrown, whatever it is: its string form may itself throw. */
function sentenceOf(error: unknown): string {
  try {
    return shorten(
      error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      coreLimits.HANDLER_ERROR.most,
    )
  } catch {
    return 'something that cannot be shown'
  }
}

function resultOf(returned: unknown, made: readonly Effect[], handler: string): HandlerResult {
  if (!Array.isArray(returned))
    return { ok: false, error: coreErrors.EFFECTS_NOT_A_LIST({ handler, found: shown(returned) }) }
  const known = new Set<unknown>(made)
  const returnedOnce = new Set<Effect>()
  const stranger = flatten(returned, known, returnedOnce, 0)
  if (stranger)
    return { ok: false, error: coreErrors.EFFECTS_NOT_A_LIST({ handler, found: `a list with ${stranger.found}` }) }
  const forgotten = returnedOnce.size === made.length ? [] : made.filter((effect) => !returnedOnce.has(effect))
  return { ok: true, effects: [...returnedOnce], forgotten }
}

/** Flattens what a handler returned into `effects`; answers the first entry that is none. */
function flatten(
  list: readonly unknown[],
  known: ReadonlySet<unknown>,
  effects: Set<Effect>,
  depth: number,
): { found: string } | undefined {
  for (const entry of list) {
    if (entry === undefined || entry === null || entry === false || entry === '') continue
    if (Array.isArray(entry)) {
      const stranger = depth > 16 ? { found: 'lists nested too deep' } : flatten(entry, known, effects, depth + 1)
      if (stranger) return stranger
    } else if (isMade(entry, known)) effects.add(entry)
    else return { found: shown(entry) }
  }
  return undefined
}

/** Only what the makers made is an effect: it alone has been checked. */
const isMade = (entry: unknown, known: ReadonlySet<unknown>): entry is Effect => known.has(entry)

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text =
    typeof value === 'object'
      ? `an object of ${
          Object.keys(value ?? {})
            .slice(0, 5)
            .join(', ') || 'nothing'
        }`
      : sentenceOf(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
