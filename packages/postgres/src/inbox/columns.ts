import type { Notification, NotifyEffect, Priority } from '@belfry/core'
import { type Selectable, sql } from 'kysely'
import type { Origin } from '../events/entries.ts'
import type { NotificationTable } from '../schema/tables.ts'

type Row = Selectable<NotificationTable>

/** Columns that no list of notifications has, and their types. */
const hiddenTypes = { key: 'text', withdrawn_at: 'timestamptz', why: 'jsonb', audience: 'text' } as const satisfies {
  readonly [name in keyof Row]?: string
}
type Hidden = keyof typeof hiddenTypes

/** Columns that lists of notifications have, beside the numbers, and their types. */
const shownTypes: { readonly [name in Exclude<keyof Row, 'person' | 'seq' | 'rev' | Hidden>]: string } = {
  plugin: 'text',
  message: 'text',
  category: 'text',
  priority: 'text',
  title: 'text',
  body: 'text',
  link: 'text',
  data: 'jsonb',
  created_at: 'timestamptz',
  expires_at: 'timestamptz',
  read: 'boolean',
  archived: 'boolean',
  withdrawn: 'boolean',
}

/** The columns that a person sets. */
export const markable = ['read', 'archived'] as const satisfies readonly (keyof typeof shownTypes)[]
/** The columns that change after a notification has arrived, beside `rev`. */
export const changeable = [...markable, 'withdrawn'] as const satisfies readonly (keyof typeof shownTypes)[]
export type Changeable = Pick<Row, (typeof changeable)[number]>

/** A row of a list of notifications. */
export type NotificationRow = Omit<Row, 'person' | Hidden>

/** A row that is to be inserted: it gets its numbers then. */
export type NewRow = Omit<Row, 'person'>

/** The columns of a `NotificationRow`, of a table called `n`. */
export const shownColumns = sql.raw(['seq', 'rev', ...Object.keys(shownTypes)].map((name) => `n.${name}`).join(', '))

const newTypes = Object.entries({ ...shownTypes, ...hiddenTypes })
/** The columns of a `NewRow` beside its numbers. */
export const newColumns = sql.raw(newTypes.map(([name]) => name).join(', '))
/** The same as `records` takes them. */
export const newColumnTypes: string = newTypes.map(([name, type]) => `${name} ${type}`).join(', ')

/** Sets the changeable columns to those of a row `r`. */
export const setChangeable = sql.raw(changeable.map((name) => `${name} = r.${name}`).join(', '))
/** The changeable columns as `records` takes them. */
export const changeableTypes: string = changeable.map((name) => `${name} ${shownTypes[name]}`).join(', ')

/** A notification that is to arrive in one inbox. */
export interface Arrival {
  readonly plugin: string
  readonly effect: NotifyEffect
  readonly origin: Origin
  /** The audience that the person was in; absent where the person was named. */
  readonly audience: string | undefined
}

/** The row of a notification that arrives at this moment, without its numbers. */
export function newRow(
  { plugin, effect, origin, audience }: Arrival,
  text: { readonly title: string; readonly body: string },
  at: Date,
): NewRow {
  const { message, parameters, category = null, priority, link = null, data, key = null, expiresAt } = effect
  return {
    seq: 0,
    rev: 0,
    plugin,
    message,
    category,
    priority,
    title: text.title,
    body: text.body,
    link,
    data: data ? { ...data } : null,
    key,
    created_at: at,
    expires_at: expiresAt === undefined ? null : new Date(expiresAt),
    read: null,
    archived: false,
    withdrawn: false,
    withdrawn_at: null,
    why: { ...origin, parameters },
    audience: audience ?? null,
  }
}

const priorities: ReadonlyMap<string, Priority> = new Map([
  ['low', 'low'],
  ['normal', 'normal'],
  ['high', 'high'],
])

/** A row as its person sees it; a withdrawn notification has lost its texts. */
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
export const isRead = ({ read, seq }: Pick<NotificationRow, 'read' | 'seq'>, readThrough: number): boolean =>
  read ?? seq <= readThrough

/** The same in SQL, of a notification `n` and its inbox `i`. */
export const isReadInSql = sql`coalesce(n.read, n.seq <= i.read_through)`

/** Whether a notification has expired by this moment (milliseconds since 1970). */
export const hasExpired = ({ expires_at: end }: Pick<NotificationRow, 'expires_at'>, now: number): boolean =>
  end !== null && new Date(end).getTime() <= now

/** A notification `n` that is neither withdrawn nor expired at this moment (milliseconds since 1970). */
export const live = (now: number) =>
  sql`not n.withdrawn and (n.expires_at is null or n.expires_at > ${new Date(now).toISOString()}::timestamptz)`
