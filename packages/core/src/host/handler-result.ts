import { ProblemList, shorten } from '@belfry/contracts/check'
import { BelfryError, type Problem } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import { effectInvalid } from '../plugin/effect-makers.ts'
import type { Effect } from '../plugin/effects.ts'
import { notifies } from '../plugin/notifies.ts'

/**
 * The result of one handler for one event: effects, or the reason why there are none. `forgotten` were made and not returned. `unsent` is
 * why its notifications are not among the effects: one of them is invalid.
 */
export type HandlerResult =
  | {
      readonly ok: true
      readonly effects: readonly Effect[]
      readonly forgotten: readonly Effect[]
      readonly unsent?: BelfryError
    }
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

/** The result of a handler that returned this, after it had made these effects, of which these are invalid. */
export function resultOf(
  returned: unknown,
  made: readonly Effect[],
  invalid: ReadonlyMap<Effect, readonly Problem[]>,
  handler: string,
): HandlerResult {
  if (!Array.isArray(returned))
    return { ok: false, error: coreErrors.EFFECTS_NOT_A_LIST({ handler, found: shown(returned) }) }
  const known = new Set<unknown>(made)
  const returnedOnce = new Set<Effect>()
  const stranger = flatten(returned, known, returnedOnce, 0)
  if (stranger)
    return { ok: false, error: coreErrors.EFFECTS_NOT_A_LIST({ handler, found: `a list with ${stranger.found}` }) }
  const forgotten = returnedOnce.size === made.length ? [] : made.filter((effect) => !returnedOnce.has(effect))
  const effects = [...returnedOnce]
  const unsent = invalid.size === 0 ? [] : effects.filter((effect) => invalid.has(effect))
  if (unsent.length === 0) return { ok: true, effects, forgotten }
  // All of its notifications wait in the dead letter: a retry would send again those that were sent now.
  const kept = effects.filter((effect) => !notifies(effect))
  return { ok: true, effects: kept, forgotten, unsent: unsentError(unsent, invalid) }
}

/** Begins the sentence of EFFECT_INVALID where the effect is a notification, and so the other effects of its handler are applied. */
export const INVALID_NOTIFICATION = 'notify'

/** Why these notifications are not sent, in one error: "notify.told: parameters.at is …", "notify: told.parameters.at is …; gone.to is …". */
function unsentError(unsent: readonly Effect[], invalid: ReadonlyMap<Effect, readonly Problem[]>): BelfryError {
  const names = unsent.map((effect) => (effect.kind === 'notify' ? effect.message : effect.kind))
  const found = new ProblemList()
  unsent.forEach((effect, index) => {
    found.addAll(invalid.get(effect) ?? [], unsent.length === 1 ? '' : `${names[index]}.`)
  })
  return effectInvalid(
    unsent.length === 1 ? `${INVALID_NOTIFICATION}.${names[0]}` : INVALID_NOTIFICATION,
    found.problems,
  )
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
