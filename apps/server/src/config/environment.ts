import type { Problem } from '@belfry/contracts/errors'
import Type, { type TSchema } from 'typebox'
import Value from 'typebox/value'
import { ConfigSchema } from './schema.ts'

const PREFIX = 'NOTIFICATION_SERVICE__'

/** A schema as far as a path is followed through it. */
interface Known {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
}

/** A value of the environment, with the variable that it came from. */
export interface FromEnvironment {
  readonly path: readonly string[]
  readonly value: unknown
  readonly variable: string
}

/**
 * Reads the values of the environment, which go over those of the file: `NOTIFICATION_SERVICE__KAFKA__GROUP_ID` is kafka.group_id. Lists are separated by
 * commas, numbers and switches are read as the schema has them.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): readonly FromEnvironment[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(PREFIX) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([variable, text = '']) => {
      const path = variable.slice(PREFIX.length).toLowerCase().split('__')
      return { path, variable, value: readAs(text, schemaAt(ConfigSchema, path)) }
    })
}

/** Puts values over a configuration; a path that crosses something that is not a table is a problem. */
export function overlay(config: Record<string, unknown>, values: readonly FromEnvironment[]): readonly Problem[] {
  const problems: Problem[] = []
  for (const { path, value, variable } of values) {
    let table = config
    for (const name of path.slice(0, -1)) {
      const inner = Object.hasOwn(table, name) ? table[name] : undefined
      if (isTable(inner)) table = inner
      else {
        if (inner !== undefined)
          problems.push({
            path: `/${path.join('/')}`,
            message: `(from ${variable}) goes through something that is not a table`,
          })
        const fresh: Record<string, unknown> = {}
        table[name] = fresh
        table = fresh
      }
    }
    const last = path.at(-1)
    if (last !== undefined) table[last] = value
  }
  return problems
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function schemaAt(schema: TSchema, path: readonly string[]): TSchema | undefined {
  let at: TSchema | undefined = schema
  for (const name of path) {
    const known: Known = at ?? {}
    at = known.properties?.[name] ?? Object.values(known.patternProperties ?? {})[0]
  }
  return at
}

function readAs(text: string, schema: TSchema | undefined): unknown {
  const { type }: Known = schema ?? {}
  if (type === 'array') return text === '' ? [] : text.split(',').map((one) => one.trim())
  if (type === 'integer' || type === 'boolean') return Value.Convert(schema ?? Type.Unknown(), text)
  // The types of a plugin's settings are in its own schema alone.
  if (type === undefined)
    return /^(true|false)$/.test(text) ? text === 'true' : /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  return text
}
