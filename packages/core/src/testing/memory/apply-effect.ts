import type { Effect, ProfileEffect } from '../../plugin/effects.ts'
import { revives } from '../../ports/people.ts'
import { erasePerson } from './erase-person.ts'
import { nameOf, type Origin, type Writing } from './memory-state.ts'
import { notify } from './notify.ts'

/** Applies one effect of one plugin. */
export function applyEffect(writing: Writing, effect: Effect, plugin: string, origin: Origin): void {
  const { people, erased } = writing.state
  switch (effect.kind) {
    case 'notify':
      notify(writing, { plugin, origin, effect })
      break
    case 'withdraw':
      withdraw(writing, plugin, effect.key)
      break
    case 'join':
      people.join({ ...effect, people: effect.people.filter((person) => !erased.has(person)) })
      break
    case 'leave':
      people.leave(effect)
      break
    case 'endAudience':
      people.endAudience(effect.audience)
      break
    case 'profile':
      keepProfile(writing, effect, origin)
      break
    case 'erase':
      erasePerson(writing, effect.person, Date.parse(origin.event.time))
      break
    default:
      effect satisfies never
  }
}

function withdraw({ state, fanOutOver, at, counts }: Writing, plugin: string, key: string): void {
  const name = nameOf(plugin, key)
  if (state.withdrawnKeys.has(name)) return
  state.withdrawnKeys.add(name)
  const holders = state.inboxes.holders(plugin, key)
  if (holders.length > fanOutOver) {
    state.fanOuts.push({ plugin, key, parts: [] })
    counts.fanOuts++
  } else for (const person of holders) state.inboxes.open(person).withdrawKey(plugin, key, at)
}

/** Keeps a profile; of a person who was erased only where it revives them, and then their numbers go on. */
function keepProfile({ state }: Writing, { person, profile }: ProfileEffect, { event }: Origin): void {
  const was = state.erased.get(person)
  if (was !== undefined && !revives(event, was.at)) return
  if (was !== undefined) state.inboxes.restart(person, was.head)
  state.erased.delete(person)
  state.people.profiles.set(person, structuredClone(profile))
}
