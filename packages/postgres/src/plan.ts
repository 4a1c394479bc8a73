import type { Effect, EventRef, NotifyEffect, Profile, Slice, Why } from '@belfry/core'
import type { Memberships } from './memberships.ts'

/** Where an effect comes from, as far as a notification keeps it. */
export type Origin = Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>

/** One thing that an event does to one inbox; it becomes one number. */
export type InboxChange =
  | {
      readonly kind: 'arrival'
      readonly plugin: string
      readonly effect: NotifyEffect
      readonly origin: Origin
      /** The audience that the person was in; absent where the person was named. */
      readonly audience: string | undefined
      /** The reader's profile as this batch has set it; `stored` where it has not. */
      readonly reader: Profile | undefined | 'stored'
    }
  | { readonly kind: 'withdrawal'; readonly plugin: string; readonly key: string }

/** What a batch does to one inbox, in order. */
export interface InboxPlan {
  /** Everything that was in the inbox before these changes is erased first. */
  erased: boolean
  changes: InboxChange[]
}

/** A name for a plugin's key. */
export const keyName = (plugin: string, key: string): string => JSON.stringify([plugin, key])

/** What the batch found in the store before its effects apply. */
export interface Found {
  readonly memberships: Memberships
  /** Everybody with a profile; only where the batch tells everyone. */
  readonly everybody: readonly string[]
  /** Keys (`keyName`) that have been withdrawn for good. */
  readonly tombstones: Set<string>
  /** By key, who has something under it in the store. */
  readonly holders: ReadonlyMap<string, readonly string[]>
}

/** What is to be done, decided: apply one effect after the other to this, then write it. */
export class Plan {
  readonly inboxes = new Map<string, InboxPlan>()
  readonly profiles = new Map<string, Profile | undefined>()
  readonly withdrawn = new Map<string, { readonly plugin: string; readonly key: string }>()
  readonly #found: Found
  /** By key, who has been sent something under it by this batch. */
  readonly #sent = new Map<string, Set<string>>()

  constructor(found: Found) {
    this.#found = found
  }

  add(effect: Effect, plugin: string, origin: Origin): void {
    const { memberships } = this.#found
    if (effect.kind === 'notify') this.#notify(effect, plugin, origin)
    else if (effect.kind === 'withdraw') this.#withdraw(plugin, effect.key)
    else if (effect.kind === 'join') memberships.join(effect)
    else if (effect.kind === 'leave') memberships.leave(effect)
    else if (effect.kind === 'endAudience') memberships.end(effect)
    else if (effect.kind === 'profile') this.profiles.set(effect.person, effect.profile)
    else this.#erase(effect.person)
  }

  #notify(effect: NotifyEffect, plugin: string, origin: Origin): void {
    const name = effect.key === undefined ? undefined : keyName(plugin, effect.key)
    if (name !== undefined && this.#found.tombstones.has(name)) return
    const at = Date.parse(origin.event.time)
    const except = new Set(effect.except.people)
    for (const audience of effect.except.audiences)
      for (const person of this.#membersOf(audience, at)) except.add(person)
    const told = new Set(except)
    const tell = (person: string, audience: string | undefined) => {
      if (told.has(person)) return
      told.add(person)
      const reader = this.profiles.has(person) ? this.profiles.get(person) : 'stored'
      this.#inbox(person).changes.push({ kind: 'arrival', plugin, effect, origin, audience, reader })
      if (name !== undefined) this.#sentTo(name).add(person)
    }
    for (const person of effect.to.people) tell(person, undefined)
    for (const audience of effect.to.audiences)
      for (const person of this.#membersOf(audience, at)) tell(person, audience)
  }

  #withdraw(plugin: string, key: string): void {
    const name = keyName(plugin, key)
    this.#found.tombstones.add(name)
    this.withdrawn.set(name, { plugin, key })
    const holders = new Set([...(this.#found.holders.get(name) ?? []), ...(this.#sent.get(name) ?? [])])
    for (const person of holders) this.#inbox(person).changes.push({ kind: 'withdrawal', plugin, key })
  }

  #erase(person: string): void {
    this.inboxes.set(person, { erased: true, changes: [] })
    this.profiles.set(person, undefined)
    this.#found.memberships.erase(person)
  }

  #membersOf(audience: string, at: number): Iterable<string> {
    if (audience !== 'everyone') return this.#found.memberships.membersOf(audience, at)
    const everybody = new Set(this.#found.everybody)
    for (const [person, profile] of this.profiles) {
      if (profile === undefined) everybody.delete(person)
      else everybody.add(person)
    }
    return everybody
  }

  #inbox(person: string): InboxPlan {
    const plan = this.inboxes.get(person) ?? { erased: false, changes: [] }
    this.inboxes.set(person, plan)
    return plan
  }

  #sentTo(name: string): Set<string> {
    const people = this.#sent.get(name) ?? new Set<string>()
    this.#sent.set(name, people)
    return people
  }
}

/** What a batch reads before its effects apply. */
export interface Reads {
  readonly audiences: ReadonlySet<string>
  readonly everybody: boolean
  /** Keys that are sent under or withdrawn, by `keyName`. */
  readonly keys: ReadonlyMap<string, { readonly plugin: string; readonly key: string; readonly withdrawn: boolean }>
}

/** Finds out what the effects of these slices will read. */
export function readsOf(slices: readonly Slice[]): Reads {
  const audiences = new Set<string>()
  const keys = new Map<string, { plugin: string; key: string; withdrawn: boolean }>()
  const noteKey = (plugin: string, key: string, withdrawn: boolean) => {
    const name = keyName(plugin, key)
    keys.set(name, { plugin, key, withdrawn: withdrawn || keys.get(name)?.withdrawn === true })
  }
  for (const { plugin, effect } of effectsOf(slices)) {
    if (effect.kind === 'withdraw') noteKey(plugin, effect.key, true)
    if (effect.kind !== 'notify') continue
    if (effect.key !== undefined) noteKey(plugin, effect.key, false)
    for (const audience of [...effect.to.audiences, ...effect.except.audiences]) audiences.add(audience)
  }
  const everybody = audiences.delete('everyone')
  return { audiences, everybody, keys }
}

/** Every effect of these slices with its plugin and origin, in the order in which they apply. */
export function* effectsOf(slices: readonly Slice[]): Generator<{ plugin: string; effect: Effect; origin: Origin }> {
  for (const { topic, partition, entries } of slices)
    for (const { event, offset, effects } of entries) {
      if (event === undefined) continue
      const origin: Origin = { event: withoutKey(event), topic, partition, offset }
      for (const { plugin, effects: own } of effects) for (const effect of own) yield { plugin, effect, origin }
    }
}

function withoutKey({ source, id, type, time, traceparent }: EventRef): Origin['event'] {
  return { source, id, type, time, ...(traceparent !== undefined && { traceparent }) }
}
