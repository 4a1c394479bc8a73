import type { Contract } from '@belfry/contracts'
import { createCheck, didYouMean } from '@belfry/contracts/check'
import type { Problem } from '@belfry/contracts/errors'
import Type, { type TObject } from 'typebox'
import Value from 'typebox/value'
import { coreErrors } from '../errors.ts'
import { type CompiledMessages, compileMessages, type Report } from './compile-messages.ts'
import type { AnyPlugin } from './define-plugin.ts'

/** A handler as it is called, with its name in its plugin. */
export interface NamedHandler {
  readonly name: string
  readonly handle: (event: unknown, context: unknown) => unknown
}

/** A plugin that has been checked, ready to be run. */
export interface CompiledPlugin extends CompiledMessages {
  readonly id: string
  readonly settings: unknown
  /** By event type. */
  readonly handlers: ReadonlyMap<string, NamedHandler>
  readonly contracts: readonly Contract[]
}

/** Settings by plugin id, as the configuration has them; `enabled = false` excludes the plugin. */
export type Settings = Readonly<Record<string, unknown>>

/**
 * Checks all plugins and makes them ready.
 * @throws PLUGINS_INVALID with every problem of every plugin.
 */
export function compilePlugins(
  plugins: readonly AnyPlugin[],
  settings: Settings,
): { plugins: readonly CompiledPlugin[]; warnings: readonly string[] } {
  const problems: Problem[] = []
  const warnings: string[] = []
  reportIds(plugins, settings, problems)
  const enabled = plugins.filter(({ id }) => enabledIn(settings[id]))
  const compiled = enabled.map((plugin) => compilePlugin(plugin, settings[plugin.id], problems, warnings))
  reportRivals(compiled, problems)
  if (problems.length > 0) {
    const sentence = problems.map(({ path, message }) => `${path} ${message}`).join('\n')
    throw coreErrors.PLUGINS_INVALID({ problems: sentence }, { problems })
  }
  return { plugins: compiled, warnings }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const enabledIn = (settings: unknown) => !(isObject(settings) && settings.enabled === false)

function reportIds(plugins: readonly AnyPlugin[], settings: Settings, problems: Problem[]): void {
  const seen = new Set<string>()
  for (const { id } of plugins) {
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(id))
      problems.push({
        path: `plugin ${JSON.stringify(id)}`,
        message: 'needs an id of lower-case letters, digits and dashes',
      })
    if (seen.has(id))
      problems.push({ path: `plugin ${id}`, message: 'is there twice: each plugin needs an id of its own' })
    seen.add(id)
  }
  for (const id of Object.keys(settings)) {
    const meant = didYouMean(id, [...seen])
    if (!seen.has(id))
      problems.push({
        path: `plugins.${id}`,
        message: `has settings, but there is no such plugin${meant ? `, did you mean ${meant}?` : ''}`,
      })
  }
}

function compilePlugin(plugin: AnyPlugin, settings: unknown, problems: Problem[], warnings: string[]): CompiledPlugin {
  const report: Report = {
    problem: (where, what) => problems.push({ path: `plugin ${plugin.id}: ${where}`, message: what }),
    warning: (where, what) => warnings.push(`plugin ${plugin.id}: ${where} ${what}`),
  }
  const contracts = contractsOf(plugin.events)
  const handlers = new Map<string, NamedHandler>()
  for (const [name, handler] of Object.entries(plugin.on)) {
    const contract = contracts.get(name)
    const meant = didYouMean(name, [...contracts.keys()])
    if (!contract)
      report.problem(`on.${name}`, `is not an event of this plugin${meant ? `, did you mean ${meant}?` : ''}`)
    else if (typeof handler !== 'function') report.problem(`on.${name}`, 'is not a function')
    // The handler's own types came from this contract, which checks the events that it gets.
    else handlers.set(contract.type, { name, handle: handler as NamedHandler['handle'] })
  }
  return {
    id: plugin.id,
    settings: settingsOf(plugin, settings, problems),
    contracts: [...contracts.values()],
    handlers,
    ...compileMessages(plugin, report),
  }
}

/** The contracts among the values of an events object: the exports of a domain may include others. */
function contractsOf(events: object): ReadonlyMap<string, Contract> {
  const isContract = (value: unknown): value is Contract =>
    isObject(value) &&
    typeof value.type === 'string' &&
    typeof value.topic === 'string' &&
    typeof value.check === 'function'
  return new Map(Object.entries(events).filter((entry): entry is [string, Contract] => isContract(entry[1])))
}

/** The plugin's settings with defaults, checked; `enabled` belongs to the host. */
function settingsOf(plugin: AnyPlugin, raw: unknown, problems: Problem[]): unknown {
  const schema: TObject = plugin.config ?? Type.Object({})
  if (raw !== undefined && !isObject(raw)) {
    problems.push({ path: `plugins.${plugin.id}`, message: 'is not a table of settings' })
    return {}
  }
  const { enabled, ...rest } = raw ?? {}
  if (enabled !== undefined && typeof enabled !== 'boolean')
    problems.push({
      path: `plugins.${plugin.id}.enabled`,
      message: `is ${JSON.stringify(enabled)}, expected true or false`,
    })
  const settings = Value.Default(schema, structuredClone(rest))
  for (const { path, message } of createCheck(schema, { unknownKeys: 'refuse' })(settings))
    problems.push({ path: `plugins.${plugin.id}${path.replaceAll('/', '.')}`, message })
  return settings
}

/** Two contracts for one type would check the same event differently. */
function reportRivals(plugins: readonly CompiledPlugin[], problems: Problem[]): void {
  const first = new Map<string, { contract: Contract; plugin: string }>()
  for (const plugin of plugins)
    for (const contract of plugin.contracts) {
      const other = first.get(contract.type)
      if (other === undefined) first.set(contract.type, { contract, plugin: plugin.id })
      else if (other.contract !== contract)
        problems.push({
          path: `plugin ${plugin.id}: ${contract.type}`,
          message: `is another contract than the one of plugin ${other.plugin}: both must import the same`,
        })
    }
}
