import { hash } from 'node:crypto'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { namedIn, nameLetters } from '../letters/name-letters.ts'
import type { Tables } from '../schema/tables.ts'
import { removeFromFanOuts } from './remove-from-fan-outs.ts'

/** Somebody who is erased: since when (milliseconds since 1970), and the number that their inbox ended with. */
export interface Erased {
  readonly at: number
  readonly head: number
}

/** The large audiences that were searched for a person before the lock was taken. */
export interface Cleared {
  readonly fanOuts: readonly (number | string)[]
}

/** A number of our own among advisory locks. */
const LOCK = 0x6265_6c66

/**
 * What is written about people holds this with others; an erasure has it alone, so that nothing is written behind its back, and
 * nobody waits for an inbox that it has while it wants another.
 */
export async function lockErasure(trx: Transaction<Tables>, alone: boolean): Promise<void> {
  await sql`select ${erasureLock(alone)}`.execute(trx)
}

/** The same as an expression, for a statement that has something else to do before. */
export const erasureLock = (alone: boolean): RawBuilder<unknown> =>
  sql`${sql.raw(alone ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared')}(${LOCK}::bigint)`

/** How somebody who is erased is known. */
export const hashOf = (person: string, salt: string): string => hash('sha256', `${salt} ${person}`, 'hex')

/** Lets people begin anew: their numbers go on, so that no client takes the new for the old. */
export async function reviveAll(
  trx: Transaction<Tables>,
  revived: ReadonlyMap<string, Erased>,
  salt: string,
): Promise<void> {
  if (revived.size === 0) return
  const rows = [...revived].map(([person, { head }]) => ({ person, head, hash: hashOf(person, salt) }))
  // In one order, or two batches that revive the same people would wait for each other crosswise.
  await sql`with revived as materialized (
      select e.hash from ${records(rows, 'hash text')} join erased e on e.hash = decode(r.hash, 'hex') order by e.hash for update of e)
    delete from erased e using revived where e.hash = revived.hash`.execute(trx)
  await sql`insert into inbox (person, head, floor) select r.person, r.head, r.head
    from ${records(rows, 'person text collate "C", head int')} order by 1 on conflict do nothing`.execute(trx)
}

/**
 * Ends everything kept about a person, save one dead letter where it is named, and keeps a hash so that nothing brings it back. The
 * caller holds the lock alone, and has cleared the person before. Answers whether anything was known of them.
 */
export async function erasePerson(
  trx: Transaction<Tables>,
  person: string,
  at: number,
  salt: string,
  { fanOuts = [] }: Partial<Cleared> = {},
  keptLetter?: number,
): Promise<boolean> {
  // Those that were written since.
  await nameLetters(trx, salt)
  const inboxes = await sql<{ head: number }>`delete from inbox where person = ${person} returning head`.execute(trx)
  // The end is a number of its own: whoever had seen all before it, and comes back after a new beginning, has missed it.
  const last = inboxes.rows[0]?.head ?? 0
  const end = last === 0 ? 0 : last + 1
  const found = [inboxes.rows.length]
  const gone = async (table: string, where: ReturnType<typeof sql>) => {
    const { numAffectedRows = 0n } = await sql`delete from ${sql.raw(table)} where ${where}`.execute(trx)
    found.push(Number(numAffectedRows))
  }
  await gone('notification', sql`person = ${person}`)
  await gone('audience_member', sql`person = ${person}`)
  await gone('profile', sql`person = ${person}`)
  await gone('dead_letter', sql`${namedIn(person, salt)} and id is distinct from ${keptLetter ?? null}::bigint`)
  const others = await sql<{ id: number | string }>`select id from fanout
    where id <> all(${[...fanOuts]}::bigint[])`.execute(trx)
  await removeFromFanOuts(
    trx,
    person,
    others.rows.map(({ id }) => id),
  )
  await sql`insert into erased as e (hash, at, head)
    values (decode(${hashOf(person, salt)}, 'hex'), ${new Date(at).toISOString()}::timestamptz, ${end})
    on conflict (hash) do update set at = greatest(e.at, excluded.at), head = greatest(e.head, excluded.head)`.execute(
    trx,
  )
  return found.some((count) => count > 0)
}

/** Those of these people who are erased. */
export async function findErased(
  db: Kysely<Tables>,
  people: readonly string[],
  salt: string,
): Promise<readonly string[]> {
  const named = people.map((person, index) => ({ index, hash: hashOf(person, salt) }))
  const { rows } = await sql<{ index: number }>`select r.index from ${records(named, 'index int, hash text')}
    join erased e on e.hash = decode(r.hash, 'hex')`.execute(db)
  return rows.flatMap(({ index }) => people[index] ?? [])
}
