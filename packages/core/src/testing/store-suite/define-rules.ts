import type { Effect } from '../../plugin/effects.ts'
import type { Notification } from '../../ports/inboxes.ts'
import type { Store } from '../../ports/store.ts'
import { start } from '../batches.ts'

/** One rule: its name as a sentence, and a check that runs on an empty store with a clock that it may move. */
export type StoreRule = readonly [name: string, check: (store: Store, clock: { now: number }) => Promise<void>]

/** Starts a list of rules: each call of `rule` adds one. */
export function defineRules(): {
  readonly rules: readonly StoreRule[]
  readonly rule: (...one: StoreRule) => void
} {
  const rules: StoreRule[] = []
  return { rules, rule: (...one) => void rules.push(one) }
}

/** A person's list, newest first. */
export const list = async (store: Store, person: string, filter: 'all' | 'unread' | 'archived' = 'all') =>
  (await store.inboxes.page(person, { limit: 200, filter })).items

/** The numbers of notifications. */
export const seqs = (items: readonly Notification[]) => items.map(({ seq }) => seq)

/** An inbox's head and unread. */
export const head = async (store: Store, person: string) => {
  const page = await store.inboxes.page(person, { limit: 1, filter: 'all' })
  return [page.head, page.unread]
}

/** A join of one person, until so many minutes after `start`, or without end. */
export const join = (person: string, audience: string, because: string, minute?: number): Effect => ({
  kind: 'join',
  people: [person],
  audience,
  because,
  ...(minute !== undefined && { until: new Date(start + minute * 60_000).toISOString() }),
})
