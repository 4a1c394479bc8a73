import type { JoinEffect, LeaveEffect, Profile } from '../../plugin/effects.ts'

interface Membership {
  readonly audience: string
  readonly person: string
  readonly because: string
  readonly until: number
}

/** The profiles of people, and the members of audiences. */
export class MemoryPeople {
  readonly profiles = new Map<string, Profile>()
  #memberships: Membership[] = []

  /** The members of an audience at a moment (milliseconds since 1970). `everyone` is all people with a profile, in the order in which they came. */
  membersOf(audience: string, at: number): readonly string[] {
    if (audience === 'everyone') return [...this.profiles.keys()]
    return this.#memberships.filter((one) => one.audience === audience && one.until > at).map(({ person }) => person)
  }

  join({ people, audience, because, until }: JoinEffect): void {
    this.#end((one) => one.audience === audience && one.because === because && people.includes(one.person))
    const end = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)
    for (const person of people) this.#memberships.push({ audience, person, because, until: end })
  }

  leave({ audience, because, person }: LeaveEffect): void {
    this.#end((one) => one.audience === audience && one.because === because && one.person === (person ?? one.person))
  }

  endAudience(audience: string): void {
    this.#end((one) => one.audience === audience)
  }

  /** Deletes memberships that ended before a moment; returns how many. */
  prune = (before: number): number => this.#end(({ until }) => until < before)

  /** Deletes a person; returns whether they had a profile or a membership. */
  forget(person: string): boolean {
    const profile = this.profiles.delete(person)
    return this.#end((one) => one.person === person) > 0 || profile
  }

  #end(ends: (one: Membership) => boolean): number {
    const before = this.#memberships.length
    this.#memberships = this.#memberships.filter((one) => !ends(one))
    return before - this.#memberships.length
  }
}
