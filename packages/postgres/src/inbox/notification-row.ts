import type { Notification, Priority } from '@belfry/core'
import type { Selectable } from 'kysely'
import type { NotificationTable } from '../schema/tables.ts'

/** A row as it is shown: what an inbox's reads select. */
export type NotificationRow = Omit<
  Selectable<NotificationTable>,
  'person' | 'key' | 'why' | 'audience' | 'withdrawn_at'
>

/** The columns of a `NotificationRow`, of a table called `n`. */
export const shownColumns =
  'n.seq, n.rev, n.plugin, n.message, n.category, n.priority, n.title, n.body, n.link, n.data, n.created_at, n.expires_at, n.read, n.archived, n.withdrawn'

const priorities: ReadonlyMap<string, Priority> = new Map([
  ['low', 'low'],
  ['normal', 'normal'],
  ['high', 'high'],
])

/** A row as its person sees it; what is withdrawn has lost its words. */
export function notificationOf(row: NotificationRow, readThrough: number): Notification {
  const { seq, rev, category, link, data, archived, withdrawn } = row
  return {
    seq,
    rev,
    type: `${row.plugin}.${row.message}`,
    ...(category !== null && { category }),
    priority: priorities.get(row.priority) ?? 'normal',
    title: withdrawn ? '' : row.title,
    body: withdrawn ? '' : row.body,
    ...(link !== null && !withdrawn && { link }),
    ...(data !== null && !withdrawn && { data }),
    createdAt: new Date(row.created_at).toISOString(),
    ...(row.expires_at !== null && { expiresAt: new Date(row.expires_at).toISOString() }),
    read: isRead(row, readThrough),
    archived,
    withdrawn,
  }
}

/** A row's own mark goes before the inbox's. */
export const isRead = ({ read, seq }: { read: boolean | null; seq: number }, readThrough: number): boolean =>
  read ?? seq <= readThrough
