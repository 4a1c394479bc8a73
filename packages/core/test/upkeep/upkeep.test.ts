import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Change, coreErrors, createUpkeep, type Store, type UpkeepSteps } from '../../src/index.ts'
import { createMemoryStore, happen, notify, renderPlainly, start } from '../../src/testing/index.ts'

beforeEach(() => void vi.useFakeTimers({ now: start }))
afterEach(() => void vi.useRealTimers())

const DAY = 86_400_000
const names = Array.from({ length: 1_200 }, (_, index) => `p${index}`)

/** An upkeep on a store in memory, wrapped where a test wants to be in its way. */
function looking(wrap: (store: Store) => Partial<UpkeepSteps> = () => ({})) {
  const store = createMemoryStore({ render: renderPlainly })
  const pushed: Change[] = []
  const lines: string[] = []
  const refused: string[] = []
  const line = (_fields: object, sentence: string) => void lines.push(sentence)
  const upkeep = createUpkeep({
    steps: { ...store.upkeep, ...wrap(store) },
    push: (changes) => pushed.push(...changes),
    onRefused: (plugin) => refused.push(plugin),
    retention: { readDays: 1, days: 2, identityDays: 7 },
    logger: { debug: line, info: line, warn: line, error: line },
  })
  return { store, pushed, upkeep, lines, refused }
}

it('tells a large audience as soon as it is woken, and pushes each step', async () => {
  const { store, pushed, upkeep } = looking()
  await vi.advanceTimersByTimeAsync(0)
  await happen(store, {
    id: 'e1',
    effects: [{ kind: 'join', people: names, audience: 'a', because: 'x' }, notify('#a')],
  })
  upkeep.wake()
  await vi.advanceTimersByTimeAsync(0)
  expect(new Set(pushed.map(({ person }) => person))).toEqual(new Set(names))
  await upkeep.close()
})

it('leaves two thirds of the time to events while they are applied, in steps that are small', async () => {
  const steps: (readonly [limit: number, at: number])[] = []
  const { store, pushed, upkeep } = looking((inner) => ({
    async fanOut(at, limit) {
      upkeep.yieldToEvents()
      const began = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 8))
      const result = await inner.upkeep.fanOut(at, limit)
      if (result.more) steps.push([limit, began])
      return result
    },
  }))
  await happen(store, {
    id: 'e1',
    effects: [{ kind: 'join', people: names, audience: 'a', because: 'x' }, notify('#a')],
  })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(pushed.length).toBe(1_200)
  const [first = [0, 0], second = [0, 0]] = steps
  // Nothing had been applied before the first.
  expect(steps.map(([limit]) => limit)).toEqual([1_000, 250])
  expect(second[1] - first[1]).toBe(24)
  await upkeep.close()
})

it('reports which plugin’s large audience was given up, and continues with the next', async () => {
  let poison = true
  const { store, pushed, upkeep, lines, refused } = looking((inner) => ({
    async fanOut(at, limit) {
      if (!poison) return inner.upkeep.fanOut(at, limit)
      poison = false
      return { changes: [], more: true, refused: { plugin: 'p', why: 'invalid byte' } }
    },
  }))
  await happen(store, {
    id: 'e1',
    effects: [{ kind: 'join', people: names, audience: 'a', because: 'x' }, notify('#a')],
  })
  await vi.advanceTimersByTimeAsync(0)
  expect([refused, lines]).toEqual([['p'], ['a large audience was given up: invalid byte']])
  expect(pushed.length).toBe(1_200)
  await upkeep.close()
})

it('finds what another instance has left, withdraws what expires, and deletes what is old, without being woken', async () => {
  const { store, pushed, upkeep } = looking()
  await vi.advanceTimersByTimeAsync(1)
  await happen(store, {
    id: 'e1',
    effects: [
      { kind: 'join', people: names, audience: 'a', because: 'x' },
      notify('#a'),
      notify('u1', { expiresAt: new Date(start + 60_000).toISOString() }),
      notify('u1'),
    ],
  })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(pushed.length).toBe(1_200)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(pushed.at(-1)).toMatchObject({ person: 'u1', head: 3, items: [{ seq: 1, withdrawn: true }] })
  await store.inboxes.readThrough('u1', 9)
  // A day has a hundred thousand looks, of which the last hour's are enough.
  vi.setSystemTime(Date.now() + DAY)
  await vi.advanceTimersByTimeAsync(3_700_000)
  expect((await store.inboxes.page('u1', { limit: 9, filter: 'all' })).items).toEqual([])
  expect((await store.inboxes.page('p7', { limit: 9, filter: 'all' })).items.length).toBe(1)
  vi.setSystemTime(Date.now() + DAY)
  await vi.advanceTimersByTimeAsync(3_700_000)
  expect((await store.inboxes.page('p7', { limit: 9, filter: 'all' })).items).toEqual([])
  await upkeep.close()
})

it('lets a repeat be known for as long as identities are kept, and no longer', async () => {
  const { store, upkeep } = looking()
  const event = { id: 'e1', effects: [notify('u1')] }
  await happen(store, event)
  const repeatsAfter = async (days: number) => {
    vi.setSystemTime(start + days * DAY)
    await vi.advanceTimersByTimeAsync(10_000)
    return (await happen(store, event)).repeats.length
  }
  expect([await repeatsAfter(6.9), await repeatsAfter(7.1)]).toEqual([1, 0])
  await upkeep.close()
})

it('does what else is due while large audiences fail', async () => {
  const { store, pushed, upkeep, lines } = looking(() => ({
    async fanOut() {
      throw new Error('a bug')
    },
  }))
  await happen(store, { id: 'e1', effects: [notify('u1', { expiresAt: new Date(start + 60_000).toISOString() })] })
  await vi.advanceTimersByTimeAsync(120_000)
  expect(pushed).toMatchObject([{ person: 'u1', head: 2, items: [{ seq: 1, withdrawn: true }] }])
  expect(lines).toEqual(['what is due could not be done: trying again'])
  await upkeep.close()
})

it('tells a large audience between two steps of forgetting', async () => {
  let left = 5
  const { store, pushed, upkeep } = looking((inner) => ({
    async prune() {
      if (left === 3)
        await happen(inner, {
          id: 'e1',
          effects: [{ kind: 'join', people: names, audience: 'a', because: 'x' }, notify('#a')],
        })
      expect(pushed.length).toBe(left < 3 ? 1_200 : 0)
      return Math.max(0, left--) * 5_000
    },
  }))
  await vi.advanceTimersByTimeAsync(10_000)
  expect([left, pushed.length]).toEqual([-1, 1_200])
  await upkeep.close()
  await store.close()
})

it('waits for a store that is away, logs it once, and continues', async () => {
  let away = true
  const { store, pushed, upkeep, lines } = looking((inner) => ({
    fanOut: async (at, limit) => {
      if (away) throw coreErrors.STORE_UNAVAILABLE({ why: 'gone' })
      return inner.upkeep.fanOut(at, limit)
    },
  }))
  await happen(store, {
    id: 'e1',
    effects: [{ kind: 'join', people: names, audience: 'a', because: 'x' }, notify('#a')],
  })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(lines).toEqual(['the store is away: gone'])
  away = false
  await vi.advanceTimersByTimeAsync(10_000)
  expect(pushed.length).toBe(1_200)
  await upkeep.close()
})
