import type { NotifyEffect } from '../../plugin/effects.ts'
import type { Unsent } from '../../ports/batches.ts'
import type { Notification } from '../../ports/inboxes.ts'
import { type FanOutPart, iso, nameOf, type Sending, type Writing } from './memory-state.ts'

/** Sends a notification at once where it reaches few people, else step by step. */
export function notify(writing: Writing, sending: Sending): void {
  const { state, fanOutOver, at, counts } = writing
  const { plugin, origin, effect } = sending
  const { to, except, key } = effect
  const refusal = hasExpired(effect, at) ? 'expired' : isWithdrawn(writing, sending) ? 'withdrawn' : undefined
  if (refusal !== undefined) {
    noteUnsent(writing, sending, refusal)
    return
  }
  const { people } = state
  const moment = Date.parse(origin.event.time)
  const reached = new Set([...except.people, ...except.audiences.flatMap((one) => people.membersOf(one, moment))])
  const next = (some: readonly string[]) =>
    [...new Set(some)].filter((person) => !reached.has(person) && reached.add(person))
  const named = next(to.people).filter((person) => !state.erased.has(person) || void counts.dropped++)
  const many = named.length > fanOutOver
  if (!many) for (const person of named) arrive(writing, sending, person)
  for (const audience of to.audiences)
    if (people.membersOf(audience, moment).length === 0) noteUnsent(writing, sending, 'empty_audience')
  const large = to.audiences.includes('everyone') && people.profiles.size > fanOutOver
  const parts: FanOutPart[] = to.audiences
    .toSorted((a, b) => Number(a === 'everyone') - Number(b === 'everyone'))
    .map((audience) => ({ audience, people: next(people.membersOf(audience, moment)) }))
    .filter((part) => part.people.length > 0 || (large && part.audience === 'everyone'))
  if (many || large || parts.flatMap((part) => part.people).length > fanOutOver) {
    for (const part of parts) if (part.audience !== 'everyone') part.people = part.people.toSorted()
    state.fanOuts.push({ plugin, key, sending, parts: many ? [{ people: named }, ...parts] : parts })
    counts.fanOuts++
  } else for (const part of parts) for (const person of part.people) arrive(writing, sending, person, part.audience)
}

function noteUnsent({ counts }: Writing, { plugin, origin, effect }: Sending, reason: Unsent['reason']): void {
  counts.unsent.push({ ...origin, plugin, message: effect.message, reason })
}

/** Puts a notification into the inbox of one person, who was named or is in `audience`. */
export function arrive(
  { state, render, at, counts }: Writing,
  { plugin, origin, effect }: Sending,
  person: string,
  audience?: string,
): void {
  if (state.erased.has(person)) {
    counts.dropped++
    return
  }
  const { message, parameters, priority, category, link, data, expiresAt, key } = effect
  const shown: Omit<Notification, 'seq' | 'rev' | 'read'> = {
    type: `${plugin}.${message}`,
    priority,
    createdAt: iso(at),
    archived: false,
    withdrawn: false,
    ...render({ plugin, message, parameters }, state.people.profiles.get(person)),
    ...(category !== undefined && { category }),
    ...(link !== undefined && { link }),
    ...(data !== undefined && { data: structuredClone(data) }),
    ...(expiresAt !== undefined && { expiresAt: iso(Date.parse(expiresAt)) }),
  }
  const why = { ...origin, plugin, message, parameters, ...(audience !== undefined && { audience }) }
  state.inboxes.open(person).arrive({ shown, plugin, key, why }, at)
}

/** Whether a notification has expired before it arrives: then it reaches no one. */
export const hasExpired = ({ expiresAt }: NotifyEffect, at: number): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= at

/** Whether the key that a notification is sent under has been withdrawn. */
export const isWithdrawn = ({ state }: Writing, { plugin, effect: { key } }: Sending): boolean =>
  key !== undefined && state.withdrawnKeys.has(nameOf(plugin, key))
