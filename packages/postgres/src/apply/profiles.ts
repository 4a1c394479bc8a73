import type { Profile } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import type { Tables } from '../schema/tables.ts'

/** A stored profile. */
export interface ProfileRow {
  readonly person: string
  readonly name: string | null
  readonly locale: string | null
  readonly time_zone: string | null
  readonly roles: readonly string[] | null
}

/** The columns of a `ProfileRow`, of a table called `p`. */
export const profileColumns = 'p.person, p.name, p.locale, p.time_zone, p.roles'

/** A row as a profile. */
export const profileOf = ({ name, locale, time_zone, roles }: Omit<ProfileRow, 'person'>): Profile => ({
  ...(name !== null && { name }),
  ...(locale !== null && { locale }),
  ...(time_zone !== null && { timeZone: time_zone }),
  ...(roles !== null && { roles }),
})

/** A profile as a batch sets it: `made` is its place in the order of people, should it be their first. */
export interface NewProfile {
  readonly profile: Profile
  readonly made: number
}

/** The stored profiles of these people. */
export async function loadProfiles(
  trx: Transaction<Tables>,
  people: readonly string[],
): Promise<ReadonlyMap<string, Profile>> {
  if (people.length === 0) return new Map()
  // Person by person, or the planner reads every profile there is for a batch of a few hundred.
  const { rows } = await sql<ProfileRow>`select ${sql.raw(profileColumns)}
    from unnest(${[...people]}::text[]) as named
    cross join lateral (select * from profile where person = named limit 1) p`.execute(trx)
  return new Map(rows.map((row) => [row.person, profileOf(row)]))
}

/** The people with a profile, in the order in which they came, at most `limit` of them. */
export async function loadEveryone(trx: Transaction<Tables>, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ person: string }>`select person from profile order by made limit ${limit}`.execute(trx)
  return rows.map(({ person }) => person)
}

/** Takes the next places in the order of people. */
export async function takePlaces(trx: Transaction<Tables>, count: number): Promise<readonly number[]> {
  if (count === 0) return []
  const { rows } = await sql<{ made: number | string }>`select nextval('profile_made') as made
    from generate_series(1, ${count}::int)`.execute(trx)
  return rows.map(({ made }) => Number(made))
}

/** Writes profiles. */
export async function writeProfiles(executor: Executor, profiles: ReadonlyMap<string, NewProfile>): Promise<void> {
  if (profiles.size === 0) return
  const rows = [...profiles].map(([person, { profile, made }]) => ({
    person,
    name: profile.name,
    locale: profile.locale,
    time_zone: profile.timeZone,
    roles: profile.roles,
    made,
  }))
  await sql`insert into profile (person, name, locale, time_zone, roles, made)
    select r.person, r.name, r.locale, r.time_zone, r.roles, r.made
    from ${records(rows, 'person text collate "C", name text, locale text, time_zone text, roles text[], made bigint')} order by 1
    on conflict (person) do update
    set name = excluded.name, locale = excluded.locale, time_zone = excluded.time_zone, roles = excluded.roles`.execute(
    executor,
  )
}
