import type { Profile } from '@belfry/core'
import { sql } from 'kysely'
import { records } from '../connect/records.ts'
import type { Executor } from '../connect/transact.ts'
import { type Erased, hashOf } from '../erasure/erased.ts'
import { type ProfileRow, profileColumns, profileOf } from './profiles.ts'

/** The people whom a batch names. */
export interface NamedPeople {
  /** Those of them who are erased. */
  readonly erased: Map<string, Erased>
  /** Those of them who are told at once. */
  readonly told: ReadonlySet<string>
  /** Their stored profiles. */
  readonly profiles: ReadonlyMap<string, Profile>
}

type Row = Omit<ProfileRow, 'person'> & {
  readonly named: string
  readonly person: string | null
  readonly at: Date | null
  readonly ended: number | null
}

/** Reads what the store has of the people who are named, in one statement. */
export async function loadPeople(
  executor: Executor,
  people: ReadonlySet<string>,
  told: ReadonlySet<string>,
  salt: string,
): Promise<NamedPeople> {
  const erased = new Map<string, Erased>()
  const profiles = new Map<string, Profile>()
  if (people.size === 0) return { erased, told, profiles }
  const named = [...people].map((person) => ({ named: person, told: told.has(person), hash: hashOf(person, salt) }))
  // Person by person, or the planner reads every profile there is for a batch of a few hundred.
  const { rows } = await sql<Row>`select r.named, e.at, e.head as ended, ${sql.raw(profileColumns)}
    from ${records(named, 'named text, told boolean, hash text')}
    left join erased e on e.hash = decode(r.hash, 'hex')
    left join lateral (select * from profile where r.told and person = r.named limit 1) p on true
    where e.hash is not null or p.person is not null`.execute(executor)
  for (const { named: person, at, ended, ...row } of rows) {
    if (at !== null && ended !== null) erased.set(person, { at: at.getTime(), head: ended })
    if (row.person !== null) profiles.set(person, profileOf(row))
  }
  return { erased, told, profiles }
}
