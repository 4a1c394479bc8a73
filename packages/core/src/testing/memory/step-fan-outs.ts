import { coreLimits } from '../../limits.ts'
import type { FannedOut } from '../../ports/upkeep-steps.ts'
import type { FanOut, Writing } from './memory-state.ts'
import { arrive, hasExpired, isWithdrawn } from './notify.ts'

/**
 * Does one step of the oldest fan-outs: at most `limit` people, in at most `STEP_FAN_OUTS` of them. Those that tell and those that withdraw
 * take steps of their own, as in the store: a person who is told and withdrawn from in two steps has two changes.
 */
export function stepFanOuts(writing: Writing, limit: number): FannedOut {
  const { inboxes, fanOuts } = writing.state
  const taken = new Set<FanOut>()
  const changes = inboxes.changesOf(() => {
    for (let room = limit; room > 0; ) {
      const [oldest] = fanOuts
      if (oldest === undefined) break
      const [first = oldest] = taken
      if (isTelling(oldest) !== isTelling(first) || taken.add(oldest).size > coreLimits.STEP_FAN_OUTS.most) break
      room -= stepOne(writing, oldest, room)
    }
  })
  return { changes, more: taken.size > 0 }
}

const isTelling = ({ sending }: FanOut) => sending !== undefined

/** Tells the next people of the oldest fan-out, or withdraws from them; returns how many it has reached. */
function stepOne(writing: Writing, { sending, plugin, key, parts }: FanOut, limit: number): number {
  const { state, at } = writing
  const [part] = parts
  const over = sending !== undefined && (hasExpired(sending.effect, at) || isWithdrawn(writing, sending))
  const all = over ? [] : sending ? (part?.people ?? []) : state.inboxes.holders(plugin, key).toSorted()
  for (const person of all.slice(0, limit))
    if (sending) arrive(writing, sending, person, part?.audience)
    else state.inboxes.open(person).withdrawKey(plugin, key, at)
  if (part && all.length > limit) part.people = all.slice(limit)
  else if (part) parts.shift()
  if (over || (all.length <= limit && parts.length === 0)) state.fanOuts.shift()
  return Math.min(all.length, limit)
}
