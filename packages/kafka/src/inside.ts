import { createRequire } from 'node:module'
import { kafkaErrors } from './errors.ts'

/** The one version of kafkajs whose inside is known. */
const KNOWN = '2.2.4'
const require = createRequire(import.meta.url)

/**
 * A module of kafkajs by its path in the package.
 * @throws KAFKAJS_OTHER where it is not there
 */
export function inside(path: string): unknown {
  try {
    return require(`kafkajs/src/${path}`)
  } catch (error) {
    throw other(`without src/${path}`, error)
  }
}

/**
 * Sees that kafkajs is the version that is known.
 * @throws KAFKAJS_OTHER
 */
export function expectKnown(found: unknown = require('kafkajs/package.json')): void {
  const version: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, 'version') : undefined
  if (version !== KNOWN) throw kafkaErrors.KAFKAJS_OTHER({ found: String(version), known: KNOWN })
}

/**
 * What is at these names, one inside the other, when it is a function or an object.
 * @throws KAFKAJS_OTHER where it is not
 */
export function part(path: string, ...names: readonly string[]): object {
  let found: unknown = inside(path)
  for (const name of names) found = isThing(found) ? Reflect.get(found, name) : undefined
  if (!isThing(found)) throw other(`without ${[`src/${path}`, ...names].join(' › ')}`)
  return found
}

/**
 * Puts another function in the place of one of kafkajs's; `around` is given the one that was there.
 * @throws KAFKAJS_OTHER where there is none
 */
export function replace<Method>(holder: object, name: string, around: (original: Method) => Method): void {
  const original: unknown = Reflect.get(holder, name)
  if (typeof original !== 'function') throw other(`without the function ${name}`)
  // kafkajs describes no types for its inside. What is used of it is described where it is used, for the one version that is let in.
  Reflect.set(holder, name, around(original as Method))
}

const isThing = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const other = (what: string, cause?: unknown) =>
  kafkaErrors.KAFKAJS_OTHER({ found: `${KNOWN} ${what}`, known: KNOWN }, cause === undefined ? {} : { cause })
