import type { TSchema } from 'typebox'
import type { Keywords } from './expectation.ts'
import { fits } from './fits.ts'

/** The parts of a schema to which its references point. */
type Definitions = Readonly<Record<string, TSchema>>

/**
 * Returns a value without its optional fields that are null; the same value if it has none. A field whose own schema accepts null keeps
 * it, and so does a field that the schema does not have. The given value is not changed.
 *
 * In `previous`, a null that the schema accepts means that the field was absent. If another null there is one of a field that cannot have
 * been absent, the serialiser writes null for each unset field: then all of them are unset.
 */
export const withoutNulls = (schema: TSchema, value: unknown): unknown => walk(schema, value, '', {})

/** `name` is the field that has the value. */
function walk(schema: TSchema, value: unknown, name: string, above: Definitions): unknown {
  if (typeof value !== 'object' || value === null) return value
  const keywords: Keywords = schema
  const definitions = keywords.$defs ?? above
  const target = keywords.$ref === undefined ? undefined : definitions[keywords.$ref]
  if (target !== undefined) return walk(target, value, name, definitions)
  if (keywords.anyOf !== undefined) return walkChoice(keywords.anyOf, value, name, definitions)
  if (keywords.allOf !== undefined)
    return keywords.allOf.reduce((rest: unknown, part) => walk(part, rest, name, definitions), value)
  return isList(value) ? walkList(keywords, value, definitions) : walkObject(keywords, value, name, definitions)
}

/** By the branch that the value fits without its nulls. */
function walkChoice(branches: readonly TSchema[], value: object, name: string, definitions: Definitions): unknown {
  if (branches.some((branch) => fits(branch, value))) return value
  const walked = branches.map((branch) => ({ branch, rest: walk(branch, value, name, definitions) }))
  const chosen = walked.find(({ branch, rest }) => fits(branch, rest)) ?? walked.find(({ rest }) => rest !== value)
  return chosen === undefined ? value : chosen.rest
}

function walkList({ items }: Keywords, value: readonly unknown[], definitions: Definitions): unknown {
  if (items === undefined) return value
  const walked = value.map((one, index) => {
    const schema = isList(items) ? items[index] : items
    return schema === undefined ? one : walk(schema, one, '', definitions)
  })
  return walked.some((one, index) => one !== value[index]) ? walked : value
}

function walkObject(keywords: Keywords, value: object, name: string, definitions: Definitions): unknown {
  const { properties = {}, required = [] } = keywords
  const others = othersOf(keywords)
  const changed = new Map<string, unknown>()
  const unset: string[] = []
  const wereAbsent: string[] = []
  // Producers may add any number of keys that have no schema.
  for (const key of Object.keys(others === undefined ? properties : value)) {
    if (!Object.hasOwn(value, key)) continue
    const isField = Object.hasOwn(properties, key)
    const schema = isField ? properties[key] : others
    const one: unknown = Reflect.get(value, key)
    if (schema === undefined) continue
    if (one !== null) {
      const walked = walk(schema, one, key, definitions)
      if (walked !== one) changed.set(key, walked)
    } else if (!isField || required.includes(key)) continue
    else if (!fits(schema, null)) unset.push(key)
    else if (name === 'previous') wereAbsent.push(key)
  }
  if (unset.length === 0 && changed.size === 0) return value
  const copy = { ...value }
  // An own key may be __proto__.
  for (const [key, one] of changed)
    Object.defineProperty(copy, key, { value: one, writable: true, enumerable: true, configurable: true })
  for (const key of unset.length > 0 ? [...unset, ...wereAbsent] : []) Reflect.deleteProperty(copy, key)
  return copy
}

/** The schema of the keys that have no field of their own. */
function othersOf({ patternProperties = {}, additionalProperties }: Keywords): TSchema | undefined {
  const [pattern] = Object.values(patternProperties)
  return pattern ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
}

/** Also for lists that are read-only, which Array.isArray does not narrow. */
const isList = <One>(value: object | readonly One[]): value is readonly One[] => Array.isArray(value)
