import type { Store } from '@belfry/core'
import { people } from './steps.ts'

/** Everything that people and operators can see. */
export async function visible(store: Store) {
  const inboxes = []
  for (const person of people) {
    const all = await store.inboxes.page(person, { limit: 200, filter: 'all' })
    inboxes.push({
      person,
      all,
      unread: await store.inboxes.page(person, { limit: 200, filter: 'unread' }),
      archived: await store.inboxes.page(person, { limit: 200, filter: 'archived' }),
      ofCategory: await store.inboxes.page(person, { limit: 2, filter: 'all', category: 'c', before: 9 }),
      replays: [
        await store.inboxes.replay(person, 0),
        await store.inboxes.replay(person, 4),
        await store.inboxes.replay(person, undefined),
      ],
      whys: await Promise.all(all.items.map(({ seq }) => store.inboxes.why(person, seq))),
    })
  }
  const listed = await store.deadLetters.list({ limit: 200 })
  const letters = await Promise.all(listed.map(async (one) => ({ ...one, ...(await store.deadLetters.find(one.id)) })))
  return {
    inboxes,
    letters: letters.map(({ key, value, ...rest }) => ({
      ...rest,
      key: key ? Buffer.from(key).toString() : null,
      value: value ? Buffer.from(value).toString() : null,
    })),
    some: (await store.deadLetters.list({ limit: 2, before: 5, plugin: 'p', code: 'C' })).map(({ id }) => id),
    positions: await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }]),
  }
}
