import { type Contract, type LinkSchemes, linkSchemes } from '@belfry/contracts'
import { type Logger, silent } from '../logger.ts'
import { type CompiledPlugin, compilePlugins, type Settings } from '../plugin/compile-plugins.ts'
import type { AnyPlugin } from '../plugin/define-plugin.ts'
import { createRender, type ParsedMessage, type Render } from '../plugin/render.ts'
import { Dispatcher, type DispatchOptions } from './dispatcher.ts'
import type { Incoming } from './incoming.ts'
import type { Outcome } from './outcome.ts'
import { createHandlerRunner } from './run-handler.ts'
import { createHandlerTries } from './try-handlers.ts'
import type { Watch } from './watch.ts'

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
  /** What may be intended but deserves a check, a sentence each. */
  readonly warnings: readonly string[]
  /**
   * Gives every event to its handlers; returns one outcome per event, in the same order, which `commit.ts` of the intake applies. Never
   * throws: failures are values.
   */
  dispatch(incoming: readonly Incoming[], options?: DispatchOptions): Promise<readonly Outcome[]>
  readonly render: Render
  /** Which handlers hang, in words; undefined while none does. */
  trouble(): string | undefined
}

export interface HostOptions {
  readonly plugins: readonly AnyPlugin[]
  /** By plugin id; checked by each plugin's schema. `enabled = false` leaves a plugin out. */
  readonly settings?: Settings
  readonly logger?: Logger
  /** How long one run of a handler may take, in milliseconds. Default: 1,000. */
  readonly timeout?: number
  /** For tests: an effect that was made and not returned is a failure, where otherwise it is a warning. */
  readonly strict?: boolean
  readonly watch?: Watch
  /** Milliseconds, from any beginning; decides when a handler that hangs is given an event again. */
  readonly clock?: () => number
  /** Schemes that links may have, beside `https` and `http`. */
  readonly linkSchemes?: readonly string[]
}

/**
 * Checks all plugins and makes them ready for events.
 * @throws PLUGINS_INVALID with every problem of every plugin and its settings.
 */
export function createHost({
  plugins,
  settings = {},
  logger = silent,
  timeout = 1_000,
  strict = false,
  watch,
  clock = () => performance.now(),
  linkSchemes: schemes = [],
}: HostOptions): Host {
  const links = linkSchemes(schemes)
  const { plugins: compiled, warnings } = compilePlugins(plugins, settings)
  const runnable = compiled.map((plugin) => ({ plugin, runner: createHandlerRunner(plugin, logger, links) }))
  const tries = createHandlerTries({ logger, timeout, watch, clock })
  const dispatcher = new Dispatcher({ plugins: runnable, tries, logger, strict, watch })
  const contracts = new Map(
    compiled.flatMap((plugin) => plugin.contracts.map((contract) => [contract.type, withLinks(contract, links)])),
  )
  return {
    plugins: compiled.map(infoOf),
    contracts,
    topics: [...new Set([...contracts.values()].map((contract) => contract.topic))],
    warnings,
    render: createRender(parsedOf(compiled)),
    trouble: tries.trouble,
    dispatch: (incoming, options = {}) => dispatcher.dispatch(incoming, options),
  }
}

/** The contract, with the schemes that links may have in this host. */
function withLinks(contract: Contract, links: LinkSchemes): Contract {
  return { ...contract, check: (event, found) => contract.check(event, found, links) }
}

function parsedOf(plugins: readonly CompiledPlugin[]): ReadonlyMap<string, ParsedMessage> {
  return new Map(plugins.flatMap(({ id, parsed }) => [...parsed].map(([name, message]) => [`${id}.${name}`, message])))
}

function infoOf({ id, contracts, handlers, forms }: CompiledPlugin): PluginInfo {
  const topics = new Set(contracts.filter(({ type }) => handlers.has(type)).map(({ topic }) => topic))
  return { id, topics: [...topics], types: [...handlers.keys()], messages: [...forms.keys()] }
}
