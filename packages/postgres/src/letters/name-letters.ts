import { setImmediate as turnOfEventLoop } from 'node:timers/promises'
import { cutLetter, namesIn, sizeOf } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { type Row, records } from '../connect/records.ts'
import { postgresLimits } from '../limits.ts'
import type { Tables } from '../schema/tables.ts'
import { hex, nameHash } from './letter-rows.ts'

/** After this many names the event loop has a turn. */
const NAMES_PER_TURN = 1_000
/** One step reads at most this many letters, and about this many bytes of their values. */
const [LETTERS_PER_STEP, BYTES_PER_STEP] = [200, 1_048_576]

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
 * Finds the names in the next dead letters whose names are not found out yet, about a mebibyte of them, and then cuts those that are to be
 * cut; returns whether there were any. It locks only those letters, at the end.
 */
export async function nameNextLetters(db: Kysely<Tables>, salt: string): Promise<boolean> {
  const { rows } = await sql<Unnamed>`select id, plugin, event_id, key, value, headers, to_cut from dead_letter
    where id = any(array(select id from (
      select id, sum(coalesce(octet_length(value), 0)) over (order by id) - coalesce(octet_length(value), 0) as before
      from (select id, value from dead_letter where named is null order by id limit ${LETTERS_PER_STEP}) d) s
      where before < ${BYTES_PER_STEP})) order by id`.execute(db)
  const named: Row[] = []
  for (const letter of rows) named.push(await namedRow(letter, salt))
  if (named.length > 0)
    await sql`update dead_letter d set named = r.named::bigint[], to_cut = false, size = coalesce(r.size, d.size),
        key = case when r.size is null then d.key else decode(r.key, 'hex') end,
        value = case when r.size is null then d.value else decode(r.value, 'hex') end,
        headers = case when r.size is null then d.headers else r.headers::jsonb end
      from ${records(named, 'id bigint, named text, size bigint, key text, value text, headers text')}
      where d.id = r.id and d.named is null`.execute(db)
  return named.length > 0
}

/** The columns of a letter that change then. Those of its record are among them, with its size, only where it is cut. */
async function namedRow(letter: Unnamed, salt: string): Promise<Row> {
  const named = new Set<string>()
  let count = 0
  for (const name of namesIn(letter, letter.event_id !== null)) {
    named.add(nameHash(name, salt))
    if (++count % NAMES_PER_TURN === 0) await turnOfEventLoop()
  }
  if (named.size > postgresLimits.LETTER_NAMES.most)
    return { id: letter.id, named: '{}', size: sizeOf(letter), key: null, value: null, headers: '{}' }
  const row = { id: letter.id, named: `{${[...named].join()}}` }
  const { key, value, headers, size } = cutIf(letter)
  if (size === undefined) return row
  return { ...row, size, key: key && hex(key), value: value && hex(value), headers: JSON.stringify(headers) }
}

function cutIf(letter: Unnamed): Pick<Unnamed, 'key' | 'value' | 'headers'> & { readonly size?: number } {
  if (!letter.to_cut) return letter
  const { key, value, headers } = letter
  return cutLetter({ key, value, headers, code: '', message: '', timestamp: 0 })
}

/** Finds the names in all dead letters whose names are not found out yet; returns whether there were any. */
export async function nameLetters(db: Kysely<Tables>, salt: string): Promise<boolean> {
  let found = false
  while (await nameNextLetters(db, salt)) found = true
  return found
}

/** The condition that a dead letter names a person, for letters whose names are found out. */
export const namedIn = (person: string, salt: string) => sql`named @> array[${nameHash(person, salt)}::bigint]`
