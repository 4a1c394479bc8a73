import { shorten } from '@belfry/contracts/check'
import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import type { Effect } from '../plugin/effects.ts'

/** The result of one handler for one event: effects, or the reason why there are none. `forgotten` were made and not returned. */
export type HandlerResult =
  | { readonly ok: true; readonly effects: readonly Effect[]; readonly forgotten: readonly Effect[] }
  | { readonly ok: false; readonly error: BelfryError }

/** The result of a handler that threw this. */
export function failureOf(error: unknown, handler: string): HandlerResult {
  if (error instanceof BelfryError) return { ok: false, error }
  return { ok: false, error: coreErrors.HANDLER_FAILED({ handler, error: messageOf(error) }, { cause: error }) }
}

/** What was thrown, in words: it may be of any type, and its string form may itself throw. */
export function messageOf(error: unknown): string {
  try {
    return shorten(
      error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      coreLimits.HANDLER_ERROR.most,
    )
  } catch {
    return 'something that cannot be shown'
  }
}

/** The result of a handler that returned this, after it had made these effects. */
export function resultOf(returned: unknown, made: readonly Effect[], handler: string): HandlerResult {
  if (!Array.isArray(returned))
    return { ok: false, error: coreErrors.EFFECTS_NOT_A_LIST({ handler, found: shown(returned) }) }
  const known = new Set<unknown>(made)
  const returnedOnce = new Set<Effect>()
  const stranger = flatten(returned, known, returnedOnce, 0)
  if (stranger)
    return { ok: false, error: coreErrors.EFFECTS_NOT_A_LIST({ handler, found: `a list with ${stranger.found}` }) }
  const forgotten = returnedOnce.size === made.length ? [] : made.filter((effect) => !returnedOnce.has(effect))
  return { ok: true, effects: [...returnedOnce], forgotten }
}

/** Flattens what a handler returned into `effects`; returns the first entry that is not an effect. */
function flatten(
  list: readonly unknown[],
  known: ReadonlySet<unknown>,
  effects: Set<Effect>,
  depth: number,
): { found: string } | undefined {
  for (const entry of list) {
    if (entry === undefined || entry === null || entry === false || entry === '') continue
    if (Array.isArray(entry)) {
      const stranger = depth > 16 ? { found: 'lists nested too deep' } : flatten(entry, known, effects, depth + 1)
      if (stranger) return stranger
    } else if (isMade(entry, known)) effects.add(entry)
    else return { found: shown(entry) }
  }
  return undefined
}

/** Only what the makers made is an effect: it alone has been checked. */
const isMade = (entry: unknown, known: ReadonlySet<unknown>): entry is Effect => known.has(entry)

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text =
    typeof value === 'object'
      ? `an object of ${
          Object.keys(value ?? {})
            .slice(0, 5)
            .join(', ') || 'nothing'
        }`
      : messageOf(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
