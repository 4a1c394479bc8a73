import { sql, type Transaction } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import type { LockedInbox } from './numbers.ts'

/**
 * Locks the inboxes of these people, and makes those that are missing, in one pass over the sorted people: no other transaction changes
 * them then. What they hold must be read by a statement that begins after it.
 */
export async function openInboxes(
  trx: Transaction<Tables>,
  people: readonly string[],
): Promise<ReadonlyMap<string, LockedInbox>> {
  const { rows } = await sql<LockedInbox & { readonly person: string }>`insert into inbox as i (person)
    select person from unnest(${people.toSorted()}::text[]) as person order by person collate "C"
    on conflict (person) do update set head = i.head returning person, head, unread, read_through`.execute(trx)
  return new Map(rows.map(({ person, ...inbox }) => [person, inbox]))
}
