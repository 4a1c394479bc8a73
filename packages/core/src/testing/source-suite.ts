import assert from 'node:assert/strict'
import type { Position, Positions } from '../ports/positions.ts'
import type { NewRecord, Publisher } from '../ports/publisher.ts'
import type { Chunk, Source } from '../ports/source.ts'
import type { Case } from './suite.ts'

/** Creates an empty source and its publisher. */
export type MakeSource = () => Promise<{
  readonly source: Source
  readonly publisher: Publisher
  close?(): Promise<void>
}>

type Check = (parts: { readonly source: Source; readonly publisher: Publisher }) => Promise<void>
const cases: [name: string, check: Check][] = []
const rule = (name: string, check: Check) => void cases.push([name, check])

/** The rules of every source with its publisher. Each case runs on a source of its own, which it closes. */
export const sourceSuite: () => readonly Case<MakeSource>[] = () =>
  cases.map(([name, check]) => ({
    name,
    async run(make) {
      const { close, ...parts } = await make()
      try {
        await check(parts)
      } finally {
        await parts.source.close()
        await close?.()
      }
    },
  }))

/** Positions in memory; every partition begins at its starting position, or at `next`. */
function positionsAt(next?: number): Positions & { move(position: Position): void } {
  const kept = new Map<string, Position>()
  const place = ({ topic, partition }: Position) => `${partition} ${topic}`
  return {
    async beginAt(starting) {
      for (const one of starting)
        if (!kept.has(place(one))) kept.set(place(one), next === undefined ? one : { ...one, next })
      return starting.flatMap((one) => kept.get(place(one)) ?? [])
    },
    of: async (topics) => [...kept.values()].filter(({ topic }) => topics.includes(topic)),
    move: (position) => void kept.set(place(position), position),
  }
}
const record = (topic: string, value: string, key = 'k'): NewRecord => ({
  topic,
  key,
  value,
  headers: { ce_type: 'x', n: value },
})
const values = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ records }) => records.map(({ value }) => new TextDecoder().decode(value ?? new Uint8Array())))
const offsets = (chunks: readonly Chunk[]) => chunks.flatMap(({ records }) => records.map(({ offset }) => offset))

/** Takes until there are `count` records. */
async function takeAll(source: Source, count: number, limit = 100): Promise<readonly Chunk[]> {
  const all: Chunk[] = []
  while (values(all).length < count) all.push(...(await source.take(limit)))
  return all
}

/** Whether a take is still pending after everything that is due has happened. */
async function stillWaits(take: Promise<unknown>): Promise<boolean> {
  let done = false
  void take.then(() => {
    done = true
  })
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  return !done
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

rule('reports when there is nothing to take, and takes what comes then', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  const idle = Promise.withResolvers<void>()
  const taken = source.take(10, idle.resolve)
  await idle.promise
  await publisher.publish([record('t', '1')])
  assert.deepEqual(values(await taken), ['1'])
})

rule('returns records as they were published, in order, each once', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  await publisher.publish(['1', '2'].map((value) => record('t', value)))
  await publisher.publish([record('t', '3', 'ü')])
  const chunks = await takeAll(source, 3)
  assert.deepEqual(
    [values(chunks), offsets(chunks)],
    [
      ['1', '2', '3'],
      [0, 1, 2],
    ],
  )
  const [first, last] = [chunks[0], chunks.at(-1)]
  assert.deepEqual([first?.from, last?.next, last?.topic, last?.partition], [0, 3, 't', 0])
  assert.deepEqual(first?.records[0]?.headers, { ce_type: 'x', n: '1' })
  assert.equal(new TextDecoder().decode(last?.records.at(-1)?.key ?? undefined), 'ü')
  assert.equal(await stillWaits(source.take(10)), true)
})

rule('waits for records, and wakes when they come', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  const taken = source.take(10)
  assert.equal(await stillWaits(taken), true)
  await publisher.publish([record('t', '1')])
  assert.deepEqual(values(await taken), ['1'])
})

rule('takes no more than its limit, and no topic keeps another waiting', async ({ source, publisher }) => {
  await source.open(['a', 'b'], positionsAt())
  await publisher.publish([...Array.from({ length: 50 }, (_, index) => record('a', `a${index}`)), record('b', 'b0')])
  // Once both are there to be taken.
  while ((await source.progress()).some(({ oldest }) => oldest === undefined)) await nextTurn()
  source.resume('a')
  source.resume('b')
  const first = await source.take(10)
  assert.ok(values(first).length <= 10)
  assert.ok(values(first).includes('b0'))
  assert.deepEqual(values(await takeAll(source, 51 - values(first).length, 7)).length, 51 - values(first).length)
})

rule('returns nothing of a topic before it is resumed, nor while it is paused', async ({ source, publisher }) => {
  await source.open(['a', 'b'], positionsAt())
  await publisher.publish([record('a', 'a0'), record('b', 'b0')])
  source.resume('b')
  assert.deepEqual(values(await source.take(10)), ['b0'])
  source.pause('b')
  await publisher.publish([record('b', 'b1')])
  const waiting = source.take(10)
  assert.equal(await stillWaits(waiting), true)
  source.resume('a')
  assert.deepEqual(values(await waiting), ['a0'])
  source.resume('b')
  assert.deepEqual(values(await source.take(10)), ['b1'])
})

rule('begins at the position', async ({ source, publisher }) => {
  await publisher.publish(['0', '1', '2'].map((value) => record('t', value)))
  await source.open(['t'], positionsAt(2))
  source.resume('t')
  const chunks = await source.take(10)
  assert.deepEqual([values(chunks), chunks[0]?.from], [['2'], 2])
})

rule('continues where it is rewound to, back or forward', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  await publisher.publish(['0', '1', '2', '3'].map((value) => record('t', value)))
  await takeAll(source, 4)
  source.rewind({ topic: 't', partition: 0, next: 1 })
  assert.deepEqual(values(await takeAll(source, 3)), ['1', '2', '3'])
  source.rewind({ topic: 't', partition: 0, next: 3 })
  assert.deepEqual(values(await takeAll(source, 1)), ['3'])
})

rule('returns where every partition stands', async ({ source, publisher }) => {
  await source.open(['a', 'b'], positionsAt())
  source.resume('a')
  await publisher.publish([record('a', '0'), record('a', '1'), record('b', '0')])
  await takeAll(source, 2)
  source.advance([{ topic: 'a', partition: 0, next: 2 }])
  const progress = await source.progress()
  assert.deepEqual(progress.map(({ topic, partition, next, end, lag }) => [topic, partition, next, end, lag]).sort(), [
    ['a', 0, 2, 2, 0],
    ['b', 0, 0, 1, 1],
  ])
  // How old the oldest is that waits, where one waits.
  assert.deepEqual(progress.map(({ topic, oldest }) => [topic, typeof oldest]).sort(), [
    ['a', 'undefined'],
    ['b', 'number'],
  ])
})

rule('stands where it is rewound to', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  await publisher.publish(['0', '1', '2'].map((value) => record('t', value)))
  await takeAll(source, 3)
  // Another instance has applied it, or the reply to our commit was lost.
  source.rewind({ topic: 't', partition: 0, next: 3 })
  assert.deepEqual(await source.progress(), [{ topic: 't', partition: 0, next: 3, end: 3, lag: 0 }])
})

rule('continues where another instance has moved its position, once it is refreshed', async ({ source, publisher }) => {
  const positions = positionsAt()
  await source.open(['t'], positions)
  source.resume('t')
  await publisher.publish(['0', '1', '2', '3'].map((value) => record('t', value)))
  await takeAll(source, 4)
  source.advance([{ topic: 't', partition: 0, next: 4 }])
  for (const next of [1, 3]) {
    const [position] = await positions.of(['t'])
    assert.ok(position)
    positions.move({ ...position, next })
    source.refresh()
    assert.deepEqual(offsets(await takeAll(source, 4 - next)).at(0), next)
    source.advance([{ topic: 't', partition: 0, next: 4 }])
  }
})

rule('keeps the order of those who publish side by side, without a gap', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  // It is read all the while: a publisher that takes its offset before another, and commits after it, must not be skipped.
  const reading = (async () => {
    const taken: Chunk[] = []
    while ((taken.at(-1)?.next ?? 0) < 40) taken.push(...(await source.take(100)))
    return taken
  })()
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => publisher.publish([record('t', `${index}a`), record('t', `${index}b`)])),
  )
  const chunks = await reading
  assert.deepEqual(
    offsets(chunks),
    Array.from({ length: 40 }, (_, index) => index),
  )
  const all = values(chunks)
  for (let index = 0; index < 20; index++) assert.equal(all.indexOf(`${index}b`), all.indexOf(`${index}a`) + 1)
})

rule('checks whether a partition can be read from an offset', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  await publisher.publish([record('t', '0'), record('t', '1')])
  const { topic, partition, next } = await source.locate({ topic: 't', partition: 0, next: 2 })
  assert.deepEqual({ topic, partition, next }, { topic: 't', partition: 0, next: 2 })
  await assert.rejects(source.locate({ topic: 't', partition: 0, next: 3 }), { code: 'POSITION_OUTSIDE' })
})

rule('takes nothing more once it is stopped, and still advances', async ({ source, publisher }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  await publisher.publish([record('t', '0'), record('t', '1')])
  await takeAll(source, 2)
  const waiting = source.take(10)
  source.stop()
  assert.deepEqual([await waiting, await source.take(10)], [[], []])
  source.advance([{ topic: 't', partition: 0, next: 2 }])
  assert.deepEqual(await source.progress(), [{ topic: 't', partition: 0, next: 2, end: 2, lag: 0 }])
})

rule('ends a waiting take with nothing when it is closed, and every take after', async ({ source }) => {
  await source.open(['t'], positionsAt())
  source.resume('t')
  const waiting = source.take(10)
  await source.close()
  assert.deepEqual([await waiting, await source.take(10)], [[], []])
})
