import { hash } from 'node:crypto'
import type { CloudEvent } from '@belfry/contracts'

/**
 * Returns the digest of an event's type and data, whatever the order of its keys. It is not salted, so that who has it can guess the data:
 * it is neither kept nor logged. Numbers count as they are read: of two that differ beyond 2^53 the digests may be equal.
 */
export const contentOf = ({ type, data }: Pick<CloudEvent, 'type' | 'data'>): string =>
  hash('sha256', `${type}\n${JSON.stringify(sorted(data))}`, 'hex')

/** A copy of a JSON value whose objects have their keys in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const own = sorted(Reflect.get(value, key))
    // To assign this key would set the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: own, enumerable: true })
    else copy[key] = own
  }
  return copy
}
