import { setImmediate as turn } from 'node:timers/promises'
import { cutLetter, namesIn, sizeOf } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { hex, nameHash } from './letter-rows.ts'
import { postgresLimits } from './limits.ts'
import type { Tables } from './tables.ts'

/** After so many names other work of this process has its turn. */
const NAMES = 1_000

interface Unnamed {
  readonly id: number | string
  readonly plugin: string | null
  readonly event_id: string | null
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Record<string, string>
  readonly to_cut: boolean
}

/**
 * Finds out whom the next dead letter names whose names are not known yet, and then cuts it where that is due; answers whether there was
 * one. It takes no lock but of that letter, at the end.
 */
export async function nameNextLetter(db: Kysely<Tables>, salt: string): Promise<boolean> {
  const { rows } = await sql<Unnamed>`select id, plugin, event_id, key, value, headers, to_cut from dead_letter
    where named is null order by id limit 1`.execute(db)
  const [letter] = rows
  if (letter === undefined) return false
  const named = new Set<string>()
  let count = 0
  for (const name of namesIn(letter, letter.event_id !== null)) {
    named.add(nameHash(name, salt))
    if (++count % NAMES === 0) await turn()
  }
  const isTooMany = named.size > postgresLimits.LETTER_NAMES.most
  const kept = isTooMany ? { ...letter, key: null, value: null, headers: {}, size: sizeOf(letter) } : cutIf(letter)
  const hashes = isTooMany ? [] : [...named]
  const changed =
    kept.size === undefined
      ? sql``
      : sql`, key = decode(${kept.key && hex(kept.key)}, 'hex'), value = decode(${kept.value && hex(kept.value)}, 'hex'),
          headers = ${JSON.stringify(kept.headers)}::jsonb, size = ${kept.size}::bigint, to_cut = false`
  await sql`update dead_letter set named = ${`{${hashes.join()}}`}::bigint[] ${changed}
    where id = ${letter.id}::bigint and named is null`.execute(db)
  return true
}

function cutIf(letter: Unnamed): Pick<Unnamed, 'key' | 'value' | 'headers'> & { readonly size?: number } {
  if (!letter.to_cut) return letter
  const { key, value, headers } = letter
  return cutLetter({ ...{ key, value, headers }, ...{ code: '', message: '', timestamp: 0 } })
}

/** Finds out whom all dead letters name of which that is not known yet; answers whether there were any. */
export async function nameLetters(db: Kysely<Tables>, salt: string): Promise<boolean> {
  let found = false
  while (await nameNextLetter(db, salt)) found = true
  return found
}

/** Says of a dead letter whose names are known whether it names a person. */
export const namedIn = (person: string, salt: string) => sql`named @> array[${nameHash(person, salt)}::bigint]`
