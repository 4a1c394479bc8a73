import type { Change } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from '../connect/records.ts'
import type { Tables } from '../schema/tables.ts'
import { type NewRow, newColumns, newColumnTypes, notificationOf } from './columns.ts'

/** A notification that arrives, unread. Many people may have one content. */
export interface Arriving {
  readonly person: string
  readonly content: NewRow
}

/**
 * Inserts notifications with few contents and many people, in this order, and returns the changes in the order of their people. Each
 * content is sent once, and the statement is the same for one notification as for two thousand. It locks inboxes in the order of their
 * people.
 */
export async function insertArrivals(
  trx: Transaction<Tables>,
  arrivals: readonly Arriving[],
): Promise<readonly Change[]> {
  if (arrivals.length === 0) return []
  const people = Map.groupBy(arrivals, ({ person }) => person)
  const contents = [...new Set(arrivals.map(({ content }) => content))]
  const indexOf = new Map(contents.map((content, index) => [content, index]))
  // Numbers are counted down from the new head.
  const rows = [...people].flatMap(([person, own]) =>
    own.map(({ content }, index) => ({ person, content: indexOf.get(content), below: own.length - 1 - index })),
  )
  const { rows: heads } = await sql<{ person: string; head: number; unread: number }>`with told as materialized (
      select * from ${records(rows, 'person text collate "C", content int, below int')}),
    moved as (
      insert into inbox as i (person, head, unread)
      select person, count(*), count(*) from told group by person order by person
      on conflict (person) do update set head = i.head + excluded.head, unread = i.unread + excluded.unread
      returning person, head, unread),
    arrived as (
      insert into notification (person, seq, rev, ${newColumns})
      select told.person, moved.head - told.below, moved.head - told.below, ${newColumns}
      from told join moved using (person) join ${records(
        contents.map((content, index) => ({ ...content, content: index })),
        `content int, ${newColumnTypes}`,
      )} using (content))
    select person, head, unread from moved`.execute(trx)
  // It is above every mark.
  const shown = new Map(contents.map((content) => [content, notificationOf(content, -1)]))
  const moved = new Map(heads.map((row) => [row.person, row]))
  return [...people].flatMap(([person, own]) => {
    const inbox = moved.get(person)
    if (inbox === undefined) return []
    const after = inbox.head - own.length
    const items = own.flatMap(({ content }, index) => {
      const one = shown.get(content)
      const seq = after + 1 + index
      return one === undefined ? [] : { ...one, seq, rev: seq }
    })
    return { person, after, head: inbox.head, unread: inbox.unread, items }
  })
}
