import type { UpkeepSteps } from '@belfry/core'
import type { Writing } from '../apply/apply-effects.ts'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { nameNextLetters } from '../letters/name-letters.ts'
import { expireNotifications } from './expire.ts'
import { prune } from './prune.ts'
import { retainNext } from './retain.ts'
import { type LeftToOthers, stepFanOut } from './step-fan-outs.ts'

/** The steps of upkeep in the store. */
export function createUpkeepSteps(
  { background: db, salt }: Pick<Database, 'background' | 'salt'>,
  { background, backgroundWrite }: StoreCalls,
  writing: Writing,
): UpkeepSteps {
  const leftToOthers: LeftToOthers = new Map()
  return {
    fanOut: (at, limit) => backgroundWrite(() => stepFanOut(db, at, limit, writing, leftToOthers)),
    expire: (at, limit) => backgroundWrite(() => expireNotifications(db, at, limit)),
    retain: (rules, from) => backgroundWrite(() => retainNext(db, rules, from)),
    prune: (before) => background(() => prune(db, before)),
    nameLetters: () => background(() => nameNextLetters(db, salt)),
  }
}
