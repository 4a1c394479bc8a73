import { createRequire } from 'node:module'
import { kafkaErrors } from '../errors.ts'

/** The one version of kafkajs whose inside is known. */
const KNOWN = '2.2.4'
const require = createRequire(import.meta.url)

/**
 * Sees that kafkajs is the version that is known.
 * @throws KAFKAJS_OTHER
 */
export function expectKnown(): void {
  const { version }: { version: unknown } = require('kafkajs/package.json')
  if (version !== KNOWN) throw kafkaErrors.KAFKAJS_OTHER({ found: String(version), known: KNOWN })
}

/**
 * What kafkajs has at a path in its `src` and at the names in that, one inside the other: a function or an object.
 * @throws KAFKAJS_OTHER where there is none
 */
export function inside<Part extends object>(path: string, ...names: readonly string[]): Part {
  const found = names.reduce((holder: object, name) => partOf<object>(holder, name), load(path))
  // kafkajs has no types for its inside. What is used of it is described where it is used, for the one version that is let in.
  return found as Part
}

/**
 * What something of kafkajs's has under a name: a function or an object.
 * @throws KAFKAJS_OTHER where there is none
 */
export function partOf<Part extends object>(holder: object, name: string | symbol): Part {
  const found: unknown = Reflect.get(holder, name)
  if (!isThing(found)) throw other(String(name))
  // As above.
  return found as Part
}

/**
 * Puts another function in the place of one of kafkajs's; `around` is given the one that was there.
 * @throws KAFKAJS_OTHER where there is none
 */
export function replace<Method extends object>(
  holder: object,
  name: string | symbol,
  around: (original: Method) => Method,
): void {
  Reflect.set(holder, name, around(partOf<Method>(holder, name)))
}

function load(path: string): object {
  try {
    return require(`kafkajs/src/${path}`)
  } catch (error) {
    throw other(`src/${path}`, error)
  }
}

const isThing = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const other = (missing: string, cause?: unknown) =>
  kafkaErrors.KAFKAJS_OTHER(
    { found: `${KNOWN} without ${missing}`, known: KNOWN },
    cause === undefined ? {} : { cause },
  )
