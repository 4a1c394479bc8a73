import type { Effect, Store } from '@belfry/core'
import { to } from '@belfry/core/testing'
import { members, rooms, startsAt } from './calm.ts'
import { passers } from './lives.ts'

export const people = [...members, ...passers]
const audiences = [
  ...['role/member', 'role/admin', 'role/guest', 'role/visitor', 'resource/volatile/bookers', 'resource/v/bookers'],
  ...rooms.flatMap((room) => [`resource/${room}/managers`, `resource/${room}/bookers`]),
]

/** What a person sees, a line each, without the order and the moments in which it came; and what is wrong with the numbers. */
async function inboxOf(store: Store, person: string) {
  const replay = await store.inboxes.replay(person, 0)
  const items = replay.kind === 'changes' ? [...replay.items] : await allOf(store, person)
  const numbers = new Set(items.flatMap(({ seq, rev }) => [seq, rev]))
  const gaps = Array.from({ length: replay.head }, (_, index) => index + 1).filter((number) => !numbers.has(number))
  const repeated = items.length - new Set(items.map(({ seq }) => seq)).size
  const miscounted = replay.unread - items.filter(({ read, withdrawn }) => !read && !withdrawn).length
  // Of somebody who was erased the first numbers are gone.
  const wrong = (replay.kind === 'changes' ? gaps.length : 0) + repeated + Math.abs(miscounted)
  return {
    wrong: wrong === 0 ? [] : [`${person}: ${JSON.stringify({ gaps, repeated, miscounted })}`],
    lines: [
      `${person}: head ${replay.head}, unread ${replay.unread}`,
      ...items.map(({ seq: _, rev: __, createdAt: ___, ...rest }) => {
        return `${person}: ${JSON.stringify(rest, Object.keys(rest).toSorted())}`
      }),
    ],
  }
}

async function allOf(store: Store, person: string) {
  const items = []
  for (let before: number | undefined; ; ) {
    const page = await store.inboxes.page(person, {
      limit: 200,
      filter: 'all',
      ...(before !== undefined && { before }),
    })
    items.push(...page.items)
    if (page.next === undefined) return items
    before = page.next
  }
}

/** Every dead letter, by where its record was. */
async function lettersOf(store: Store): Promise<readonly string[]> {
  const letters: string[] = []
  for (let before: number | undefined; ; ) {
    const some = await store.deadLetters.list({ limit: 200, ...(before !== undefined && { before }) })
    letters.push(...some.map((one) => `${one.topic}/${one.partition} ${one.offset} ${one.plugin ?? ''} ${one.code}`))
    if (some.length < 200) return letters.toSorted()
    before = some.at(-1)?.id
  }
}

/** Everything that can be seen of a store, inboxes and dead letters, a line each; and what cannot be right. */
export async function visible(store: Store) {
  const inboxes = []
  for (const person of people) inboxes.push(await inboxOf(store, person))
  return {
    lines: [...inboxes.flatMap(({ lines }) => lines), ...(await lettersOf(store))],
    wrong: inboxes.flatMap(({ wrong }) => wrong),
  }
}

/** What one has and the other has not, as often as it has it more. */
export function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1)
  return lines.filter((line) => {
    const left = counts.get(line) ?? 0
    counts.set(line, left - 1)
    return left <= 0
  })
}

/** Tells everybody something by each audience, and by the profile that they have, so that these can be seen. */
export async function probe(store: Store): Promise<void> {
  await store.positions.beginAt([{ topic: 'probe', partition: 0, next: 0 }])
  const notify = (message: string, audience: string, parameters: Readonly<Record<string, string>>): Effect => ({
    kind: 'notify',
    message,
    to: to(`#${audience}`),
    except: to(),
    parameters,
    priority: 'normal',
  })
  const effects = [
    ...audiences.map((audience) => ({
      plugin: 'notification',
      effects: [notify('requested', audience, { title: audience, body: '' })],
    })),
    { plugin: 'booking', effects: [notify('checkedIn', 'everyone', { resource: 'probe', at: startsAt })] },
  ]
  const event = { source: '/probe', id: 'probe', type: 'probe', key: 'probe', time: new Date().toISOString() }
  const entries = [{ offset: 0, event, effects, deadLetters: [] }]
  await store.batches.apply({ at: Date.now(), slices: [{ topic: 'probe', partition: 0, from: 0, next: 1, entries }] })
  while ((await store.upkeep.fanOut(Date.now(), 500)).more);
}
