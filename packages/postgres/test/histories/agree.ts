import type { Notification, Store } from '@belfry/core'
import { renderPlainly, start } from '@belfry/core/testing'
import { expect } from 'vitest'
import type { Client } from './client.ts'

/** The moment at which everybody looks. */
export const now = start + 4 * 60_000
/** Of every store: large audiences begin with three people. */
export const options = { render: renderPlainly, clock: () => now, fanOutOver: 2 }

/** What a client shows and the store no longer has was deleted silently: that is right of what is read or archived alone. */
export async function expectClientToAgree(store: Store, person: string, client: Client) {
  const { head, unread, items } = client.shows(now)
  const kept = [...(await everythingOf(store, person, 'all')), ...(await everythingOf(store, person, 'archived'))]
  const { items: _, next: __, ...numbers } = await store.inboxes.page(person, { limit: 1, filter: 'all' })
  expect({ head, unread }).toEqual(numbers)
  const seqs = new Set(kept.map(({ seq }) => seq))
  expect(items.filter(({ seq }) => seqs.has(seq))).toEqual(kept.sort((a, b) => a.seq - b.seq))
  expect(items.every(({ seq, read, archived }) => seqs.has(seq) || read || archived)).toBe(true)
}

/** A whole list, page by page. */
export async function everythingOf(store: Store, person: string, filter: 'all' | 'archived') {
  const items: Notification[] = []
  for (let before: number | undefined; ; ) {
    const page = await store.inboxes.page(person, { limit: 200, filter, ...(before !== undefined && { before }) })
    items.push(...page.items)
    before = page.next
    if (before === undefined) return items
  }
}
