import type { Problem } from '../errors.ts'
import type { Time } from '../fields.ts'

/** The rule that `endsAt` is later than `startsAt`. */
export function endsAfterItStarts({
  startsAt,
  endsAt,
}: {
  readonly startsAt: Time
  readonly endsAt: Time
}): readonly Problem[] {
  if (Date.parse(endsAt) > Date.parse(startsAt)) return []
  return [{ path: '/endsAt', message: `is ${JSON.stringify(endsAt)}, expected a time after startsAt (${startsAt})` }]
}
