import { type Contract, keyOf, type LinkSchemes, linkSchemes } from '@belfry/contracts'
import type { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { createYieldToLoop } from '../flow/yield-to-loop.ts'
import { coreLimits } from '../limits.ts'
import { type Log, silent } from '../log.ts'
import { type CompiledPlugin, compilePlugins, type NamedHandler, type Settings } from '../plugin/compile-plugins.ts'
import type { AnyPlugin } from '../plugin/define-plugin.ts'
import type { Effect } from '../plugin/effects.ts'
import type { Render } from '../plugin/render.ts'
import { createRender, type ParsedMessage } from '../plugin/render.ts'
import type { PluginEffects } from '../ports/batches.ts'
import type { Incoming, Place } from './incoming.ts'
import { createPatience } from './patience.ts'
import { createHandlerRunner, type HandlerResult } from './run-handler.ts'
import { createHandlerTries } from './try-handler.ts'
import type { Watch } from './watch.ts'

/** Who is to decide about events. */
export interface Asked {
  /** This plugin alone. */
  readonly only?: string | undefined
  /** Why a plugin is not given an event, or, without a plugin, why the record is not decoded, in words; undefined where it is. */
  readonly blocked?: (place: Place, plugin?: string) => string | undefined
  /** Events whose handlers take long stay undecided after this moment (of `performance.now()`), except the first of each partition. */
  readonly until?: number
}

/** That one plugin could not tell one event, and why. */
export interface Failure {
  readonly plugin: string
  readonly handler: string
  readonly error: BelfryError
}

/** What all plugins made of one event. */
export interface Outcome {
  readonly effects: readonly PluginEffects[]
  readonly failures: readonly Failure[]
  /** Its handlers were not begun in time: it is to be decided again. */
  readonly undecided?: true
}

/** A plugin as operators see it. */
export interface PluginInfo {
  readonly id: string
  readonly topics: readonly string[]
  /** The event types that it has handlers for. */
  readonly types: readonly string[]
  /** Its messages' names. */
  readonly messages: readonly string[]
}

/** All plugins, checked and ready. */
export interface Host {
  readonly plugins: readonly PluginInfo[]
  /** The contracts that the plugins listen to, by event type. */
  readonly contracts: ReadonlyMap<string, Contract>
  readonly topics: readonly string[]
  /** What may be meant but deserves a look, a sentence each. */
  readonly warnings: readonly string[]
  /**
   * Lets every plugin that is asked decide about every event; answers one outcome per event, in the same order. Never throws: failures
   * are values.
   */
  dispatch(incoming: readonly Incoming[], asked?: Asked): Promise<readonly Outcome[]>
  readonly render: Render
  /** Which handlers hang, in words; undefined while none does. */
  trouble(): string | undefined
}

export interface HostOptions {
  readonly plugins: readonly AnyPlugin[]
  /** By plugin id; checked by each plugin's schema. `enabled = false` leaves a plugin out. */
  readonly settings?: Settings
  readonly log?: Log
  /** How long one run of a handler may take, in milliseconds. 1,000 unless said otherwise. */
  readonly timeout?: number
  /** For tests: an effect that was made and not returned is a failure, where otherwise it is a warning. */
  readonly strict?: boolean
  readonly watch?: Watch
  /** Milliseconds, from any beginning: says when a handler that hangs is given an event again. */
  readonly clock?: () => number
  /** Schemes that links may have, beside `https` and `http`. */
  readonly linkSchemes?: readonly string[]
}

/**
 * Checks all plugins and makes them ready to be given events.
 * @throws PLUGINS_INVALID with every problem of every plugin and its settings.
 */
export function createHost({
  plugins,
  settings = {},
  log = silent,
  timeout = 1_000,
  strict = false,
  watch,
  clock = () => performance.now(),
  linkSchemes: schemes = [],
}: HostOptions): Host {
  const links = linkSchemes(schemes)
  const { plugins: compiled, warnings } = compilePlugins(plugins, settings)
  const runners = compiled.map((plugin) => ({ plugin, runner: createHandlerRunner(plugin, log, links) }))
  const contracts = new Map(
    compiled.flatMap((plugin) => plugin.contracts.map((contract) => [contract.type, withLinks(contract, links)])),
  )
  const warned = new Set<string>()
  const warnForgotten = (place: string, effects: readonly Effect[]) => {
    if (warned.has(place)) return
    warned.add(place)
    const { code, sentence } = notReturned(place, effects)
    log.warn({ code }, sentence)
  }

  const tries = createHandlerTries({ log, timeout, watch, clock })

  /** Lets one plugin decide, as often as it takes. An operator who has asked for one plugin waits for it. */
  const ask = (
    one: (typeof runners)[number],
    handler: NamedHandler,
    incoming: Incoming,
    { blocked, only }: Asked,
  ): HandlerResult | Promise<HandlerResult> => {
    const { place } = incoming
    const { id } = one.plugin
    const why = place && blocked?.(place, id)
    if (why === undefined) return tries.give(one, handler, incoming, only !== undefined)
    return { ok: false, error: coreErrors.HANDLER_BLOCKED({ handler: `${id}.${handler.name}`, why }) }
  }

  const decide = (incoming: Incoming, outcome: MutableOutcome, asked: Asked): void | Promise<void> => {
    let waiting: Promise<void>[] | undefined
    for (const one of runners) {
      const { plugin } = one
      const handler = plugin.handlers.get(incoming.event.type)
      if (!handler || (asked.only !== undefined && asked.only !== plugin.id)) continue
      const note = (result: HandlerResult) => {
        const fail = (error: BelfryError) => outcome.failures.push({ plugin: plugin.id, handler: handler.name, error })
        if (!result.ok) return void fail(result.error)
        const name = `${plugin.id}.${handler.name}`
        if (result.forgotten.length > 0 && strict) return void fail(notReturned(name, result.forgotten))
        if (result.forgotten.length > 0) warnForgotten(name, result.forgotten)
        if (result.effects.length > 0) outcome.effects.push({ plugin: plugin.id, effects: result.effects })
      }
      const before = waiting?.at(-1)
      const result =
        before !== undefined && watch?.careful() === true
          ? before.then(() => ask(one, handler, incoming, asked))
          : ask(one, handler, incoming, asked)
      if (result instanceof Promise) {
        waiting ??= []
        waiting.push(result.then(note))
      } else note(result)
    }
    return waiting && Promise.all(waiting).then(() => sortByPlugin(outcome, compiled))
  }

  return {
    plugins: compiled.map(infoOf),
    contracts,
    topics: [...new Set([...contracts.values()].map((contract) => contract.topic))],
    warnings,
    render: createRender(parsedOf(compiled)),
    trouble: tries.trouble,
    async dispatch(incoming, asked = {}) {
      tries.next()
      const patience = createPatience(incoming, asked.until)
      const outcomes = incoming.map((): Outcome => undecided)
      const lanes = watch?.careful() === true ? [incoming.map((_, index) => index)] : lanesOf(incoming)
      const yieldToLoop = createYieldToLoop(coreLimits.UNBROKEN_WORK.most)
      await Promise.all(
        lanes.map(async (lane) => {
          for (const index of lane) {
            for (let turn = yieldToLoop(); turn; turn = yieldToLoop()) await turn
            const one = incoming[index]
            if (!one || !patience.lasts(index)) return
            const outcome: MutableOutcome = { effects: [], failures: [] }
            outcomes[index] = outcome
            const began = performance.now()
            const wait = decide(one, outcome, asked)
            if (wait) await wait
            patience.spend(one.event.type, performance.now() - began)
          }
        }),
      )
      return outcomes
    },
  }
}

/** A contract that knows which schemes links may have here. */
function withLinks(contract: Contract, links: LinkSchemes): Contract {
  return { ...contract, check: (event, found) => contract.check(event, found, links) }
}

const undecided: Outcome = { effects: [], failures: [], undecided: true }

interface MutableOutcome extends Outcome {
  readonly effects: PluginEffects[]
  readonly failures: Failure[]
}

/** The error that says which effects were made and lost. */
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

/** Effects of side by side plugins end in whatever order; they apply in the plugins' order. */
function sortByPlugin(outcome: MutableOutcome, plugins: readonly CompiledPlugin[]): void {
  const place = (id: string) => plugins.findIndex((plugin) => plugin.id === id)
  outcome.effects.sort((a, b) => place(a.plugin) - place(b.plugin))
  outcome.failures.sort((a, b) => place(a.plugin) - place(b.plugin))
}

function parsedOf(plugins: readonly CompiledPlugin[]): ReadonlyMap<string, ParsedMessage> {
  return new Map(plugins.flatMap(({ id, parsed }) => [...parsed].map(([name, message]) => [`${id}.${name}`, message])))
}

function infoOf({ id, contracts, handlers, forms }: CompiledPlugin): PluginInfo {
  const topics = new Set(contracts.filter(({ type }) => handlers.has(type)).map(({ topic }) => topic))
  return { id, topics: [...topics], types: [...handlers.keys()], messages: [...forms.keys()] }
}
