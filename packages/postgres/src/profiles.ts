import type { Profile } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from './records.ts'
import type { Tables } from './tables.ts'

interface Row {
  person: string
  name: string | null
  locale: string | null
  time_zone: string | null
  roles: string[] | null
}

/** The profiles of these people, as they are stored. */
export async function loadProfiles(
  trx: Transaction<Tables>,
  people: readonly string[],
): Promise<ReadonlyMap<string, Profile>> {
  if (people.length === 0) return new Map()
  const { rows } = await sql<Row>`select * from profile where person = any(${[...people]}::text[])`.execute(trx)
  return new Map(
    rows.map(({ person, name, locale, time_zone, roles }) => [
      person,
      {
        ...(name !== null && { name }),
        ...(locale !== null && { locale }),
        ...(time_zone !== null && { timeZone: time_zone }),
        ...(roles !== null && { roles }),
      },
    ]),
  )
}

/** Everybody with a profile. */
export async function loadEverybody(trx: Transaction<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ person: string }>`select person from profile order by person`.execute(trx)
  return rows.map(({ person }) => person)
}

/** Writes profiles; `undefined` deletes one. */
export async function writeProfiles(
  trx: Transaction<Tables>,
  profiles: ReadonlyMap<string, Profile | undefined>,
): Promise<void> {
  const gone = [...profiles].filter(([, profile]) => profile === undefined).map(([person]) => person)
  if (gone.length > 0) await sql`delete from profile where person = any(${gone}::text[])`.execute(trx)
  const rows = [...profiles].flatMap(([person, profile]) =>
    profile === undefined
      ? []
      : { person, name: profile.name, locale: profile.locale, time_zone: profile.timeZone, roles: profile.roles },
  )
  if (rows.length === 0) return
  await sql`insert into profile (person, name, locale, time_zone, roles)
    select r.person, r.name, r.locale, r.time_zone, r.roles
    from ${records(rows, 'person text, name text, locale text, time_zone text, roles text[]')} order by 1
    on conflict (person) do update
    set name = excluded.name, locale = excluded.locale, time_zone = excluded.time_zone, roles = excluded.roles`.execute(
    trx,
  )
}
