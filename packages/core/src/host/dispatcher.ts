import { keyOf } from '@belfry/contracts'
import type { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { createYieldToLoop } from '../flow/yield-to-loop.ts'
import { coreLimits } from '../limits.ts'
import type { Logger } from '../logger.ts'
import type { CompiledPlugin, NamedHandler } from '../plugin/compile-plugins.ts'
import type { Effect } from '../plugin/effects.ts'
import type { PluginEffects } from '../ports/batches.ts'
import type { HandlerResult } from './handler-result.ts'
import type { Incoming, Place } from './incoming.ts'
import type { Failure, Outcome } from './outcome.ts'
import type { HandlerRunner } from './run-handler.ts'
import { createTimeBudget } from './time-budget.ts'
import type { HandlerTries } from './try-handlers.ts'
import type { Watch } from './watch.ts'

/** Which handlers of the events run. */
export interface DispatchOptions {
  /** The handlers of this plugin alone. */
  readonly only?: string | undefined
  /** Why a plugin is not given an event, or, without a plugin, why the record is not decoded, in words; undefined where it is. */
  readonly blocked?: (place: Place, plugin?: string) => string | undefined
  /** Events whose handlers take long stay undecided after this moment (of `performance.now()`), except the first of each partition. */
  readonly until?: number
}

/** A plugin with what runs its handlers. */
export interface RunnablePlugin {
  readonly plugin: CompiledPlugin
  readonly runner: HandlerRunner
}

export interface DispatcherOptions {
  readonly plugins: readonly RunnablePlugin[]
  readonly tries: HandlerTries
  readonly logger: Logger
  /** An effect that was made and not returned is a failure, not a warning. */
  readonly strict: boolean
  readonly watch: Watch | undefined
}

interface MutableOutcome extends Outcome {
  readonly effects: PluginEffects[]
  readonly failures: Failure[]
}

const UNDECIDED: Outcome = { effects: [], failures: [], undecided: true }

/** Gives events to the handlers of all plugins. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  /** Handlers whose forgotten effects have been logged, as `<plugin>.<handler>`. */
  readonly #warned = new Set<string>()

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** Returns one outcome for each event, in the same order; never throws. */
  async dispatch(incoming: readonly Incoming[], options: DispatchOptions): Promise<readonly Outcome[]> {
    const { tries, watch } = this.#options
    tries.startBatch()
    const budget = createTimeBudget(incoming, options.until)
    const outcomes = incoming.map((): Outcome => UNDECIDED)
    const lanes = watch?.careful() === true ? [incoming.map((_, index) => index)] : lanesOf(incoming)
    const yieldToLoop = createYieldToLoop(coreLimits.UNBROKEN_WORK.most)
    const follow = async (lane: readonly number[]): Promise<void> => {
      for (const index of lane) {
        for (let turn = yieldToLoop(); turn; turn = yieldToLoop()) await turn
        const one = incoming[index]
        if (!one || !budget.allows(index)) return
        const outcome: MutableOutcome = { effects: [], failures: [] }
        outcomes[index] = outcome
        const began = performance.now()
        const wait = this.#decide(one, outcome, options)
        if (wait) await wait
        budget.spend(one.event.type, performance.now() - began)
      }
    }
    const waiting = lanes.values()
    const followAll = async () => {
      for (const lane of waiting) await follow(lane)
    }
    const atOnce = Math.min(lanes.length, coreLimits.HANDLED_EVENTS.most)
    await Promise.all(Array.from({ length: atOnce }, followAll))
    return outcomes
  }

  /** Runs the handlers of one event; returns nothing where none of them waits for anything. */
  #decide(incoming: Incoming, outcome: MutableOutcome, options: DispatchOptions): void | Promise<void> {
    const { plugins, watch } = this.#options
    let waiting: Promise<void>[] | undefined
    for (const one of plugins) {
      const { plugin } = one
      const handler = plugin.handlers.get(incoming.event.type)
      if (!handler || (options.only !== undefined && options.only !== plugin.id)) continue
      const before = waiting?.at(-1)
      const result =
        before !== undefined && watch?.careful() === true
          ? before.then(() => this.#run(one, handler, incoming, options))
          : this.#run(one, handler, incoming, options)
      if (result instanceof Promise) {
        waiting ??= []
        waiting.push(result.then((ended) => this.#note(ended, plugin.id, handler.name, outcome)))
      } else this.#note(result, plugin.id, handler.name, outcome)
    }
    return waiting && Promise.all(waiting).then(() => sortByPlugin(outcome, plugins))
  }

  /** Runs one handler, as often as it takes. An operator who retries for one plugin waits for a handler that hangs. */
  #run(
    one: RunnablePlugin,
    handler: NamedHandler,
    incoming: Incoming,
    { blocked, only }: DispatchOptions,
  ): HandlerResult | Promise<HandlerResult> {
    const { place } = incoming
    const { id } = one.plugin
    const why = place && blocked?.(place, id)
    if (why === undefined) return this.#options.tries.run(one, handler, incoming, only !== undefined)
    return { ok: false, error: coreErrors.HANDLER_BLOCKED({ handler: `${id}.${handler.name}`, why }) }
  }

  #note(result: HandlerResult, plugin: string, handler: string, outcome: MutableOutcome): void {
    if (!result.ok) {
      outcome.failures.push({ plugin, handler, error: result.error })
      return
    }
    const name = `${plugin}.${handler}`
    if (result.forgotten.length > 0 && this.#options.strict) {
      outcome.failures.push({ plugin, handler, error: notReturned(name, result.forgotten) })
      return
    }
    if (result.forgotten.length > 0) this.#warnForgotten(name, result.forgotten)
    if (result.unsent) outcome.failures.push({ plugin, handler, error: result.unsent })
    if (result.effects.length > 0) outcome.effects.push({ plugin, effects: result.effects })
  }

  /** Logs once for each handler that effects were made and not returned. */
  #warnForgotten(handler: string, effects: readonly Effect[]): void {
    if (this.#warned.has(handler)) return
    this.#warned.add(handler)
    const { code, sentence, remedy } = notReturned(handler, effects)
    this.#options.logger.warn({ code, remedy }, sentence)
  }
}

/** The error that names the effects that were made and not returned. */
function notReturned(handler: string, effects: readonly Effect[]): BelfryError {
  const names = effects.map((effect) => (effect.kind === 'notify' ? `notify.${effect.message}` : effect.kind))
  return coreErrors.EFFECT_NOT_RETURNED({ handler, effects: names.join(', ') })
}

/** Events with the same topic and key wait for one another, in order; all others run side by side. */
function lanesOf(incoming: readonly Incoming[]): readonly (readonly number[])[] {
  const lanes = new Map<string, number[]>()
  incoming.forEach(({ event, contract }, index) => {
    const name = `${contract.topic} ${keyOf(event, contract)}`
    const lane = lanes.get(name)
    if (lane) lane.push(index)
    else lanes.set(name, [index])
  })
  return [...lanes.values()]
}

/** Handlers of several plugins end in any order; their effects apply in the order of the plugins. */
function sortByPlugin(outcome: MutableOutcome, plugins: readonly RunnablePlugin[]): void {
  const placeOf = (id: string) => plugins.findIndex(({ plugin }) => plugin.id === id)
  outcome.effects.sort((a, b) => placeOf(a.plugin) - placeOf(b.plugin))
  outcome.failures.sort((a, b) => placeOf(a.plugin) - placeOf(b.plugin))
}
