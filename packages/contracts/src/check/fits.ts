import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** Returns whether a value fits a schema or a part of one. */
export const fits = (schema: TSchema, value: unknown): boolean => compiled(schema).Check(value)

/** Each schema and part is compiled once: an input of a megabyte has a hundred thousand values to check. */
export function compiled(schema: TSchema): { Check(value: unknown): boolean } {
  let one = known.get(schema)
  if (one === undefined) {
    one = Compile(schema)
    known.set(schema, one)
  }
  return one
}
const known = new WeakMap<TSchema, { Check(value: unknown): boolean }>()
