import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../../errors.ts'
import { deadLetterOf } from '../dead-letters.ts'
import type { Decided } from '../decide.ts'
import { onlyNotifying, withoutNotifying } from './notifying.ts'

/**
 * What can be left of an event whose effects the store refused, from most to least. The text of a notification must not decide whether a
 * profile or an audience is kept: first only the notifications become dead letters, one of each plugin that has any; then the whole event.
 */
export function leftOfRefused(entry: Decided, refused: unknown): readonly Decided[] {
  const why = refused instanceof BelfryError ? refused.sentence : String(refused)
  const type = entry.event && { type: entry.event.type }
  const plugins = entry.effects.map(({ plugin }) => plugin).join(', ')
  // The store does not report which of the plugins it was. The retry of this dead letter is decided by all of them.
  const whole = deadLetterOf(entry.record, coreErrors.EVENT_REFUSED({ plugins, why }), { ...type })
  const nothing = { ...entry, effects: [], deadLetters: [whole] }
  const notifying = onlyNotifying(entry.effects).filter(({ effects }) => effects.length > 0)
  if (notifying.length === 0) return [nothing]
  const letters = notifying.map(({ plugin }) =>
    deadLetterOf(entry.record, coreErrors.NOTIFICATIONS_REFUSED({ plugin, why }), { ...type, plugin }),
  )
  return [
    { ...entry, effects: withoutNotifying(entry.effects), deadLetters: [...entry.deadLetters, ...letters] },
    nothing,
  ]
}
