import Type, { type TSchema } from 'typebox'

// A key's `title` is what it is for, its `description` what is expected: mistakes quote the description, docs/configuration.md both.

/** A text that is not blank. */
export const text = (title: string, more: object = {}) =>
  Type.String({ title, pattern: '\\S', description: 'a text that is not blank', ...more })
/** A switch. */
export const flag = (title: string, value: boolean) =>
  Type.Boolean({ title, default: value, description: 'true or false' })
/** A whole number within bounds. */
export const whole = (title: string, minimum: number, maximum: number, more: object = {}) =>
  Type.Integer({ title, minimum, maximum, description: `a whole number from ${minimum} to ${maximum}`, ...more })
/** A list of one kind of value. */
export const list = <S extends TSchema>(of: S, title: string, more: object = {}) =>
  Type.Array(of, { title, description: 'a list', ...more })
