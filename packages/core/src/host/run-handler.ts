import type { CloudEvent, LinkSchemes } from '@belfry/contracts'
import type { Problem } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { type Logger, withFields } from '../logger.ts'
import type { CompiledPlugin, NamedHandler } from '../plugin/compile-plugins.ts'
import { createMakers, type UntypedMakers } from '../plugin/effect-makers.ts'
import { EffectTally } from '../plugin/effect-tally.ts'
import type { Effect } from '../plugin/effects.ts'
import { failureOf, type HandlerResult, messageOf, resultOf } from './handler-result.ts'
import { callIn, type HandlerRun } from './handler-runs.ts'
import type { Incoming, Place } from './incoming.ts'

/** Effect makers and what was made with them. One run uses a kit at a time, so that what it made is known exactly; kits are used again. */
interface Kit {
  readonly makers: UntypedMakers
  readonly made: Effect[]
  /** Of these, the notifications that are invalid, and why. */
  readonly invalid: Map<Effect, readonly Problem[]>
  readonly tally: EffectTally
  /** The handler that uses it, as `<plugin>.<handler>`. */
  handler: string
}

/** Runs the handlers of one plugin. */
export interface HandlerRunner {
  /** Runs the handler of this event once, for at most `ms` milliseconds; never throws. */
  run(incoming: Incoming, handler: NamedHandler, ms: number): HandlerResult | Promise<HandlerResult>
}

/** One run of a handler; what the handler starts finds it. */
class Run implements HandlerRun {
  /** Fails the handler; undefined once it has returned. */
  reject: ((error: unknown) => void) | undefined
  readonly #logger: Logger
  readonly #plugin: string
  readonly #name: string
  readonly #event: CloudEvent
  readonly #place: Place | undefined

  constructor(logger: Logger, plugin: string, name: string, event: CloudEvent, place: Place | undefined) {
    this.#logger = logger
    this.#plugin = plugin
    this.#name = name
    this.#event = event
    this.#place = place
  }

  /** The fields of its log lines. */
  get fields(): object {
    const { id, type, traceparent } = this.#event
    const traced = traceparent === undefined ? {} : { traceparent }
    return { plugin: this.#plugin, handler: this.#name, event: id, type, ...this.#place, ...traced }
  }

  fail(error: unknown): void {
    if (this.reject) this.reject(error)
    else {
      const handler = `${this.#plugin}.${this.#name}`
      const { code, sentence, remedy } = coreErrors.HANDLER_LEFT_ERROR({ handler, error: messageOf(error) })
      this.#logger.error({ ...this.fields, code, remedy, err: error }, sentence)
    }
  }
}

/** Makes what runs the handlers of this plugin, with these schemes for links. */
export function createHandlerRunner(plugin: CompiledPlugin, logger: Logger, links: LinkSchemes): HandlerRunner {
  const idle: Kit[] = []
  const createKit = (): Kit => {
    const made: Effect[] = []
    const invalid = new Map<Effect, readonly Problem[]>()
    const tally = new EffectTally()
    const note = (effect: Effect) => {
      tally.add(effect, kit.handler)
      made.push(effect)
    }
    const makers = createMakers(plugin.forms, {
      made: note,
      invalid: (unsent, problems) => {
        note(unsent)
        invalid.set(unsent, problems)
      },
      links,
    })
    const kit: Kit = { made, invalid, tally, makers, handler: '' }
    return kit
  }

  return {
    run({ event, place: where }, { name, handle }, ms) {
      const kit = idle.pop() ?? createKit()
      const place = `${plugin.id}.${name}`
      kit.handler = place
      // Made when a handler first reads the signal: most do not, and it costs more than they do.
      let stop: AbortController | undefined
      const own = new Run(logger, plugin.id, name, event, where)
      const finish = (returned: unknown): HandlerResult => {
        if (kit.tally.exceeded) return { ok: false, error: kit.tally.exceeded }
        const result = resultOf(returned, kit.made, kit.invalid, place)
        kit.made.length = 0
        kit.invalid.clear()
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
          get logger() {
            return withFields(logger, own.fields)
          },
        }
        const returned = callIn(own, handle, event, context)
        if (!isPromise(returned)) return finish(returned)
        // A value that it returned may throw when it is read.
        return withinTime(returned, own, () => stop?.abort(), ms, place)
          .then(finish)
          .catch((error: unknown) => failureOf(error, place))
      } catch (error) {
        return failureOf(error, place)
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
    // Before the signal: a handler that throws because of it has hung all the same.
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
