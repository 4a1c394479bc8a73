import { hash } from 'node:crypto'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import { namedIn, nameLetters } from '../letters/name-letters.ts'
import type { Tables } from '../schema/tables.ts'
import { removeFromFanOuts } from './remove-from-fan-outs.ts'

/** When a person was erased (milliseconds since 1970), and the number that the inbox ended with. */
export interface Erased {
  readonly at: number
  readonly head: number
}

/** The fan-outs that were searched for a person before the lock was taken. */
export interface Cleared {
  readonly fanOuts: readonly (number | string)[]
}

/** The key of the advisory lock of erasures. */
const LOCK = 0x6265_6c66

/**
 * Takes the lock of erasures. Transactions that write about people share it. An erasure holds it alone, so that nothing is written about
 * the person meanwhile, and no transaction waits for an inbox that the erasure has locked while it waits for another.
 */
export async function lockErasure(trx: Transaction<Tables>, alone: boolean): Promise<void> {
  await sql`select ${erasureLock(alone)}`.execute(trx)
}

/** The same as an expression, for a statement that does something else before. */
export const erasureLock = (alone: boolean): RawBuilder<unknown> =>
  sql`${sql.raw(alone ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared')}(${LOCK}::bigint)`

/** The hash by which a person is recognised who is erased. */
export const hashOf = (person: string, salt: string): string => hash('sha256', `${salt} ${person}`, 'hex')

/** Lets people who were erased have an inbox again. Its numbers go on, so that no client takes new notifications for old ones. */
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
 * Deletes everything kept about a person, except `keptLetter`, and keeps a hash, so that nothing brings it back. The caller holds the lock
 * alone, and has cleared the person before. Returns whether anything was kept.
 */
export async function erasePerson(
  trx: Transaction<Tables>,
  person: string,
  at: number,
  salt: string,
  { fanOuts = [] }: Partial<Cleared> = {},
  keptLetter?: number,
): Promise<boolean> {
  // Dead letters that were written since the person was cleared.
  await nameLetters(trx, salt)
  const inboxes = await sql<{ head: number }>`delete from inbox where person = ${person} returning head`.execute(trx)
  // The erasure takes a number: a client that had everything before it, and resumes after the person was created again, lacks it.
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

/** Returns those of these people who are erased. */
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
