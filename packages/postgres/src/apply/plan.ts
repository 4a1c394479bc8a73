import { type Effect, type NotifyEffect, type Profile, revives, type Unsent } from '@belfry/core'
import type { Erased } from '../erasure/erased.ts'
import type { Origin } from '../events/entries.ts'
import { keyName } from '../inbox/keys.ts'
import type { FanOut } from './fan-out.ts'
import { type InboxChange, isExpired } from './inbox-change.ts'
import type { Memberships } from './memberships.ts'
import type { NamedPeople } from './named-people.ts'
import type { NewProfile } from './profiles.ts'

/** What was read from the store before the effects apply. */
export interface Found {
  readonly memberships: Memberships
  /** The people with a profile in the order in which they came, or undefined where they are too many to be told at once. */
  readonly everyone: readonly string[] | undefined
  /** Keys (`keyName`) that have been withdrawn for good. */
  readonly tombstones: Set<string>
  /** By key, the people who hold notifications under it in the store; one more than may be told at once where they are too many. */
  readonly holders: ReadonlyMap<string, readonly string[]>
  /** The people who are named. */
  readonly people: NamedPeople
  /** Places in the order in which people came, one for each profile and each notification to everyone. */
  readonly places: readonly number[]
}

/** How much one transaction may hold. */
export interface Limits {
  /** Where more people than this are named, or are in audiences, they are told step by step. */
  readonly fanOutOver: number
  /** So are those who would make a transaction hold more changes than this, and those whom one event names beyond it. */
  readonly maxChanges: number
}

/** Decides what is written: effects are added one after the other, then the plan is written. */
export class Plan {
  readonly inboxes = new Map<string, InboxChange[]>()
  readonly profiles = new Map<string, NewProfile>()
  readonly withdrawn = new Map<string, { readonly plugin: string; readonly key: string }>()
  readonly revived = new Map<string, Erased>()
  readonly fanOuts: FanOut[] = []
  /** How many notifications went to people who are erased. */
  dropped = 0
  readonly unsent: Unsent[] = []
  readonly #found: Found
  readonly #limits: Limits
  /** When it is applied, in milliseconds since 1970. */
  readonly #now: number
  #changes = 0
  /** How many people the current event has named and told at once. */
  #named = 0
  #event: Origin | undefined
  #nextPlace = 0
  /** By key, the people to whom this batch has sent notifications under it. */
  readonly #sent = new Map<string, Set<string>>()

  constructor(found: Found, limits: Limits, now: number) {
    this.#found = found
    this.#limits = limits
    this.#now = now
  }

  /** Applies one effect; `erase` is not for a plan, because what comes before it must have been written. */
  add(effect: Exclude<Effect, { kind: 'erase' }>, plugin: string, origin: Origin): void {
    const { memberships, people } = this.#found
    switch (effect.kind) {
      case 'notify':
        this.#notify(effect, plugin, origin)
        break
      case 'withdraw':
        this.#withdraw(plugin, effect.key, origin)
        break
      case 'join':
        memberships.join({ ...effect, people: effect.people.filter((person) => !people.erased.has(person)) })
        break
      case 'leave':
        memberships.leave(effect)
        break
      case 'endAudience':
        memberships.end(effect)
        break
      case 'profile':
        this.#profile(effect.person, effect.profile, origin)
        break
      default:
        effect satisfies never
    }
  }

  #profile(person: string, profile: Profile, { event }: Origin): void {
    const made = this.#place()
    const erased = this.#found.people.erased.get(person)
    if (erased !== undefined) {
      if (!revives(event, erased.at)) return
      this.#found.people.erased.delete(person)
      this.revived.set(person, erased)
    }
    this.profiles.set(person, { profile, made: this.profiles.get(person)?.made ?? made })
  }

  #notify(effect: NotifyEffect, plugin: string, origin: Origin): void {
    const everyone = effect.to.audiences.includes('everyone')
    const place = everyone ? this.#place() : 0
    const isWithdrawn = effect.key !== undefined && this.#found.tombstones.has(keyName(plugin, effect.key))
    const refusal = isExpired(effect, this.#now) ? 'expired' : isWithdrawn ? 'withdrawn' : undefined
    const noteUnsent = (reason: Unsent['reason']) => {
      this.unsent.push({ ...origin, plugin, message: effect.message, reason })
    }
    if (refusal !== undefined) {
      noteUnsent(refusal)
      return
    }
    const at = Date.parse(origin.event.time)
    const told = new Set(effect.except.people)
    for (const audience of effect.except.audiences) for (const person of this.#membersOf(audience, at)) told.add(person)
    const named = this.#toTell(effect.to.people, told)
    // One person alone is told at once: the effects of one event are limited, and a step for each would take longer.
    const atOnce = named.length <= 1 || named.length <= this.#roomForNamed(origin)
    const arrive = (person: string, audience: string | undefined) =>
      this.#arrival(person, { kind: 'arrival', plugin, effect, origin, audience, reader: this.#readerOf(person) })
    if (atOnce) {
      this.#named += named.length
      for (const person of named) arrive(person, undefined)
    }

    const parts: { audience: string; people: string[] }[] = []
    const reached = told
    const all = everyone && this.#everyone() === undefined
    for (const audience of everyoneLast(effect.to.audiences)) {
      const members = [...this.#membersOf(audience, at)]
      if (members.length === 0 && !(all && audience === 'everyone')) noteUnsent('empty_audience')
      const people = members.filter((person) => !reached.has(person))
      for (const person of people) reached.add(person)
      if (people.length > 0) parts.push({ audience, people })
    }
    const count = parts.reduce((sum, { people }) => sum + people.length, 0)
    if (atOnce && !all && count <= this.#room()) {
      for (const { audience, people } of parts) for (const person of people) arrive(person, audience)
      return
    }
    const audiences = parts.map(({ audience, people }) => ({
      audience,
      people: audience === 'everyone' ? people : people.sort(),
    }))
    this.fanOuts.push({
      kind: 'notify',
      plugin,
      effect,
      origin,
      parts: atOnce ? audiences : [{ people: named }, ...audiences],
      ...(all && { everyone: { upTo: place, except: [...reached] } }),
    })
  }

  /** Those of the named people who are told: they are added to `told`, and those who are erased are counted. */
  #toTell(people: readonly string[], told: Set<string>): readonly string[] {
    const { erased } = this.#found.people
    return people.filter((person) => {
      if (told.has(person)) return false
      told.add(person)
      if (erased.has(person)) this.dropped++
      return !erased.has(person)
    })
  }

  #withdraw(plugin: string, key: string, origin: Origin): void {
    const name = keyName(plugin, key)
    if (this.#found.tombstones.has(name)) return
    this.#found.tombstones.add(name)
    this.withdrawn.set(name, { plugin, key })
    const holders = new Set([...(this.#found.holders.get(name) ?? []), ...(this.#sent.get(name) ?? [])])
    if (holders.size > this.#room()) this.fanOuts.push({ kind: 'withdraw', plugin, key, origin })
    else for (const person of holders) this.#change(person, { kind: 'withdrawal', plugin, key })
  }

  #arrival(person: string, arrival: Extract<InboxChange, { kind: 'arrival' }>): void {
    this.#change(person, arrival)
    const { plugin, effect } = arrival
    if (effect.key === undefined) return
    const name = keyName(plugin, effect.key)
    const people = this.#sent.get(name) ?? new Set<string>()
    this.#sent.set(name, people.add(person))
  }

  #change(person: string, change: InboxChange): void {
    this.#changes++
    const changes = this.inboxes.get(person)
    if (changes) changes.push(change)
    else this.inboxes.set(person, [change])
  }

  #readerOf(person: string): Profile | undefined | 'stored' {
    const { told, profiles } = this.#found.people
    return this.profiles.get(person)?.profile ?? (told.has(person) ? profiles.get(person) : 'stored')
  }

  /** How many people may still be told at once. */
  #room(): number {
    return Math.min(this.#limits.fanOutOver, Math.max(0, this.#limits.maxChanges - this.#changes))
  }

  /** The number of people that this event can still name and notify at once. */
  #roomForNamed(origin: Origin): number {
    if (this.#event !== origin) this.#named = 0
    this.#event = origin
    return Math.min(this.#limits.fanOutOver, Math.max(0, this.#limits.maxChanges - this.#named))
  }

  #place(): number {
    return this.#found.places[this.#nextPlace++] ?? 0
  }

  #membersOf(audience: string, at: number): Iterable<string> {
    return audience === 'everyone' ? (this.#everyone() ?? []) : this.#found.memberships.membersOf(audience, at)
  }

  /** The people with a profile by now, or undefined where they are too many. */
  #everyone(): ReadonlySet<string> | undefined {
    const all = this.#found.everyone && new Set([...this.#found.everyone, ...this.profiles.keys()])
    return all !== undefined && all.size <= this.#limits.fanOutOver ? all : undefined
  }
}

/** A person who is in a smaller audience as well is told as one of that. */
const everyoneLast = (audiences: readonly string[]): readonly string[] => [
  ...audiences.filter((audience) => audience !== 'everyone'),
  ...audiences.filter((audience) => audience === 'everyone'),
]
