import type { EndAudienceEffect, JoinEffect, LeaveEffect } from '@belfry/core'
import { sql } from 'kysely'
import { records } from '../connect/records.ts'
import { answersOf, type Executor } from '../connect/transact.ts'

/** Until when people are in an audience, by reason and person: milliseconds since 1970, or infinity. */
type Reasons = Map<string, Map<string, number>>

/**
 * The memberships of one batch: what its events do to audiences, in order, and who is in an audience at each point.
 * Only audiences that are read are loaded; what the others were before does not matter to what is written.
 */
export class Memberships {
  readonly #read = new Map<string, Reasons>()
  readonly #joined = new Map<string, Reasons>()
  readonly #left: { audience: string; because: string; person: string | null }[] = []
  readonly #ended = new Set<string>()

  /** Loads the audiences that the batch reads. */
  static async load(executor: Executor, audiences: ReadonlySet<string>): Promise<Memberships> {
    const memberships = new Memberships()
    if (audiences.size === 0) return memberships
    for (const audience of audiences) memberships.#read.set(audience, new Map())
    const { rows } = await sql<{ audience: string; person: string; because: string; until: Date | null }>`
      select audience, person, because, until from audience_member where audience = any(${[...audiences]}::text[])`.execute(
      executor,
    )
    for (const { audience, person, because, until } of rows)
      personsOf(memberships.#read, audience, because).set(person, until?.getTime() ?? Number.POSITIVE_INFINITY)
    return memberships
  }

  /** The people who are in the audience at this moment (milliseconds since 1970). */
  membersOf(audience: string, at: number): ReadonlySet<string> {
    const members = new Set<string>()
    for (const persons of this.#read.get(audience)?.values() ?? [])
      for (const [person, until] of persons) if (until > at) members.add(person)
    return members
  }

  join({ audience, because, people, until }: JoinEffect): void {
    const end = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)
    for (const one of this.#maps(audience))
      for (const person of people) personsOf(one, audience, because).set(person, end)
  }

  leave({ audience, because, person }: LeaveEffect): void {
    this.#left.push({ audience, because, person: person ?? null })
    for (const one of this.#maps(audience)) {
      if (person === undefined) one.get(audience)?.delete(because)
      else one.get(audience)?.get(because)?.delete(person)
    }
  }

  end({ audience }: EndAudienceEffect): void {
    this.#ended.add(audience)
    for (const one of this.#maps(audience)) one.get(audience)?.clear()
  }

  /**
   * Writes what has changed: memberships that ended go, except where a person has joined again later in the batch. All rows, new ones and
   * those that go, are locked in one pass, in order, so that two transactions never deadlock. Both statements are sent at once.
   */
  async write(executor: Executor): Promise<void> {
    const joined = [...this.#joined].flatMap(([audience, reasons]) =>
      [...reasons].flatMap(([because, persons]) =>
        [...persons].map(([person, until]) => ({
          audience,
          person,
          because,
          until: Number.isFinite(until) ? new Date(until) : null,
        })),
      ),
    )
    const ending = this.#left.length > 0 || this.#ended.size > 0
    if (joined.length === 0 && !ending) return
    const ended = sql`union all select m.audience, m.person, m.because, '-infinity'::timestamptz from (
        select audience, person, because from audience_member where audience = any(${[...this.#ended]}::text[])
        union
        select m.audience, m.person, m.because from ${records(this.#left, 'audience text, because text, person text')}
        join audience_member m on m.audience = r.audience and m.because = r.because and (r.person is null or m.person = r.person)
      ) m where not exists (select from joined j
        where j.audience = m.audience and j.person = m.person and j.because = m.because)`
    const written = sql`with joined as (select * from ${records(
      joined,
      'audience text collate "C", person text collate "C", because text collate "C", until timestamptz',
    )})
      insert into audience_member (audience, person, because, until)
      select audience, person, because, until from joined ${ending ? ended : sql``} order by 1, 2, 3
      on conflict (audience, person, because) do update set until = excluded.until`.execute(executor)
    if (!ending) return void (await written)
    const audiences = [...this.#ended, ...this.#left.map(({ audience }) => audience)]
    const deleted = sql`delete from audience_member
      where audience = any(${audiences}::text[]) and until = '-infinity'`.execute(executor)
    await answersOf([written, deleted])
  }

  /** The maps that a change of this audience goes into: what is written, and what was read, if it was. */
  #maps(audience: string): readonly Map<string, Reasons>[] {
    return this.#read.has(audience) ? [this.#joined, this.#read] : [this.#joined]
  }
}

function personsOf(audiences: Map<string, Reasons>, audience: string, because: string): Map<string, number> {
  const reasons: Reasons = audiences.get(audience) ?? new Map()
  audiences.set(audience, reasons)
  const persons = reasons.get(because) ?? new Map<string, number>()
  reasons.set(because, persons)
  return persons
}
