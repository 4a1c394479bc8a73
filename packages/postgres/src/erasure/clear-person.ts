import type { KeptLetter, PluginEffects } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { transact } from '../connect/transact.ts'
import { erases, type PlacedEntries } from '../events/entries.ts'
import { firstOfEach } from '../events/identity.ts'
import { namedIn, nameLetters } from '../letters/name-letters.ts'
import type { Tables } from '../schema/tables.ts'
import { type Cleared, lockErasure } from './erased.ts'
import { removeFromFanOuts } from './remove-from-fan-outs.ts'

/** Rows that one step removes, and that are left to the erasure itself. */
const STEP = 5_000
/** Dead letters have bytes, so that fewer are removed in a step. */
const LETTERS = 20
/** What others write meanwhile is looked for again at most so many times; the rest of it is left to the erasure. */
const ROUNDS = 5

/** People who are to be erased, each cleared. */
export type ClearedPeople = ReadonlyMap<string, Cleared>

/**
 * Clears all people whom these events will erase, where an event has not been applied before: whoever is erased by one that is sent
 * again may have begun again since. A dead letter that is `retried` is applied although its event is known, and stays for now.
 */
export async function clearErased(
  db: Kysely<Tables>,
  slices: readonly PlacedEntries[],
  salt: string,
  retried?: Pick<KeptLetter, 'id' | 'event'>,
): Promise<ClearedPeople> {
  const cleared = new Map<string, Cleared>()
  // Most batches erase no one, and to name an event costs a hash.
  if (!erases(slices)) return cleared
  const erasing = [...firstOfEach(slices)].flatMap(([identity, { effects }]) =>
    peopleErasedBy(effects).map((person) => ({ identity, person })),
  )
  const identities = erasing.map(({ identity }) => identity)
  const known = retried?.event === undefined ? await knownOf(db, identities) : undefined
  for (const { identity, person } of erasing)
    if (!known?.has(identity) && !cleared.has(person))
      cleared.set(person, await clearPerson(db, person, salt, retried?.id))
  return cleared
}

const peopleErasedBy = (effects: readonly PluginEffects[]): readonly string[] =>
  effects.flatMap(({ effects: own }) => own.flatMap((effect) => (effect.kind === 'erase' ? [effect.person] : [])))

async function knownOf(db: Kysely<Tables>, identities: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`select id::text from event
    where id = any(${[...identities]}::text[]::uuid[])`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/**
 * Removes in steps most of what an erasure would remove, before it takes the lock that every writer needs: what is left for it does not
 * grow with what is kept about the person. `keptLetter` stays.
 */
export async function clearPerson(
  db: Kysely<Tables>,
  person: string,
  salt: string,
  keptLetter?: number,
): Promise<Cleared> {
  for (let round = 0; round < ROUNDS && (await nameLetters(db, salt)); round++);
  await inSteps(() =>
    removed(
      db,
      sql`delete from dead_letter where id = any(array(select id from dead_letter
        where ${namedIn(person, salt)} and id is distinct from ${keptLetter ?? null}::bigint
          and exists (select from dead_letter where ${namedIn(person, salt)} offset ${LETTERS + 1})
        order by id limit ${LETTERS} for update))`,
    ),
  )
  await inSteps(() =>
    transact(db, async (trx) => {
      await lockErasure(trx, false)
      // What is old goes first, and all numbers so far with it: a client that resumes meanwhile is told to load everything.
      const { rows } = await sql`update inbox set floor = head where person = ${person}
        and exists (select from notification where person = ${person} offset ${STEP}) returning 1`.execute(trx)
      if (rows.length === 0) return 0
      return removed(
        trx,
        sql`delete from notification where person = ${person} and seq = any(array(
          select seq from notification where person = ${person} order by seq limit ${STEP}))`,
      )
    }),
  )
  await inSteps(() =>
    removed(
      db,
      sql`delete from audience_member where ctid = any(array(
        select ctid from audience_member where person = ${person}
          and exists (select from audience_member where person = ${person} offset ${STEP})
        order by audience, because limit ${STEP} for update))`,
    ),
  )
  // Whom a large audience is to reach is decided when it is made: one that does not name the person now never will.
  const fanOuts = await sql<{ id: number | string; named: boolean }>`select id, ${person} = any(except_people)
    or exists (select from fanout_people where fanout = id and ${person} = any(people)) as named from fanout`.execute(
    db,
  )
  for (const { id, named } of fanOuts.rows)
    if (named)
      await transact(db, async (trx) => {
        await lockErasure(trx, false)
        // A step of it counts on its people to stand still.
        await sql`select id from fanout where id = ${id}::bigint for update`.execute(trx)
        await removeFromFanOuts(trx, person, [id])
      })
  return { fanOuts: fanOuts.rows.map(({ id }) => id) }
}

async function inSteps(step: () => Promise<number>): Promise<void> {
  while ((await step()) > 0);
}

/** How many rows a statement removes. */
async function removed(db: Kysely<Tables>, statement: ReturnType<typeof sql>): Promise<number> {
  return Number((await statement.execute(db)).numAffectedRows ?? 0)
}
