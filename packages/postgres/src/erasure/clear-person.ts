import type { KeptLetter, PluginEffects } from '@belfry/core'
import { type Kysely, sql } from 'kysely'
import { transact } from '../connect/transact.ts'
import { erases, type PlacedEntries } from '../events/entries.ts'
import { firstOfEach } from '../events/identity.ts'
import { namedIn, nameLetters } from '../letters/name-letters.ts'
import type { Tables } from '../schema/tables.ts'
import { type Cleared, lockErasure } from './erased.ts'
import { removeFromFanOuts } from './remove-from-fan-outs.ts'

/** At most this many rows are removed in one step, and are left to the erasure itself. */
const ROWS_PER_STEP = 5_000
/** Dead letters have bytes, so that fewer are removed in a step. */
const LETTERS_PER_STEP = 20
/** Names of dead letters that are written meanwhile are found out in at most this many rounds; the rest is left to the erasure. */
const MAX_NAMING_ROUNDS = 5

/** What was cleared of each person who is to be erased. */
export type ClearedPeople = ReadonlyMap<string, Cleared>

/**
 * Clears the people that these events will erase, except by events that have been applied before: a person that such an event erases may
 * have been created again since. The event of a dead letter that is `retried` is applied although it has been recorded, and the letter
 * stays for now.
 */
export async function clearErased(
  db: Kysely<Tables>,
  slices: readonly PlacedEntries[],
  salt: string,
  retried?: Pick<KeptLetter, 'id' | 'event'>,
): Promise<ClearedPeople> {
  const cleared = new Map<string, Cleared>()
  // Most batches erase no person, and the identity of an event costs a hash.
  if (!erases(slices)) return cleared
  const erasing = [...firstOfEach(slices)].flatMap(([identity, { effects }]) =>
    peopleErasedBy(effects).map((person) => ({ identity, person })),
  )
  const identities = erasing.map(({ identity }) => identity)
  const applied = retried?.event === undefined ? await appliedOf(db, identities) : undefined
  for (const { identity, person } of erasing)
    if (!applied?.has(identity) && !cleared.has(person))
      cleared.set(person, await clearPerson(db, person, salt, retried?.id))
  return cleared
}

const peopleErasedBy = (effects: readonly PluginEffects[]): readonly string[] =>
  effects.flatMap(({ effects: own }) => own.flatMap((effect) => (effect.kind === 'erase' ? [effect.person] : [])))

async function appliedOf(db: Kysely<Tables>, identities: readonly string[]): Promise<ReadonlySet<string>> {
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
  for (let round = 0; round < MAX_NAMING_ROUNDS && (await nameLetters(db, salt)); round++);
  await inSteps(() =>
    removed(
      db,
      sql`delete from dead_letter where id = any(array(select id from dead_letter
        where ${namedIn(person, salt)} and id is distinct from ${keptLetter ?? null}::bigint
          and exists (select from dead_letter where ${namedIn(person, salt)} offset ${LETTERS_PER_STEP + 1})
        order by id limit ${LETTERS_PER_STEP} for update))`,
    ),
  )
  await inSteps(() =>
    transact(db, async (trx) => {
      await lockErasure(trx, false)
      // The oldest go first, and all numbers so far with them: a client that resumes meanwhile gets a reset.
      const { rows } = await sql`update inbox set floor = head where person = ${person}
        and exists (select from notification where person = ${person} offset ${ROWS_PER_STEP}) returning 1`.execute(trx)
      if (rows.length === 0) return 0
      return removed(
        trx,
        sql`delete from notification where person = ${person} and seq = any(array(
          select seq from notification where person = ${person} order by seq limit ${ROWS_PER_STEP}))`,
      )
    }),
  )
  await inSteps(() =>
    removed(
      db,
      sql`delete from audience_member where ctid = any(array(
        select ctid from audience_member where person = ${person}
          and exists (select from audience_member where person = ${person} offset ${ROWS_PER_STEP})
        order by audience, because limit ${ROWS_PER_STEP} for update))`,
    ),
  )
  // The people of a fan-out are fixed when it is made: one that does not have the person now never will.
  const fanOuts = await sql<{ id: number | string; named: boolean }>`select id, ${person} = any(except_people)
    or exists (select from fanout_people where fanout = id and ${person} = any(people)) as named from fanout`.execute(
    db,
  )
  for (const { id, named } of fanOuts.rows)
    if (named)
      await transact(db, async (trx) => {
        await lockErasure(trx, false)
        // A step of it relies on its people not to change.
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
