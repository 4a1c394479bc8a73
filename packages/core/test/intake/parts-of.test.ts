import { expect, it } from 'vitest'
import { partsOf } from '../../src/intake/parts-of.ts'
import type { Chunk } from '../../src/ports/source.ts'

const chunk = (partition: number, from: number, offsets: readonly number[], bytes = 10, gone?: string): Chunk => ({
  topic: 't',
  partition,
  from,
  next: (offsets.at(-1) ?? from) + 1,
  ...(gone !== undefined && { gone }),
  records: offsets.map((offset) => ({
    offset,
    timestamp: 0,
    key: null,
    value: Buffer.alloc(bytes),
    headers: {},
  })),
})
/** Each part as its pieces: partition, positions, offsets. */
const shown = (chunks: readonly Chunk[], records: number, bytes: number) =>
  [...partsOf(chunks, () => ({ records, bytes }))].map((part) =>
    part.map(({ partition, from, next, records: own, gone }) => [
      `${partition}: ${from}-${next}`,
      own.map(({ offset }) => offset),
      ...(gone === undefined ? [] : [gone]),
    ]),
  )

it('leaves what is small enough as it is', () => {
  const chunks = [chunk(0, 0, [0, 1]), chunk(1, 5, []), chunk(2, 3, [4])]
  expect([...partsOf(chunks, () => ({ records: 3, bytes: 30 }))]).toEqual([chunks])
  expect([...partsOf([], () => ({ records: 3, bytes: 30 }))]).toEqual([])
})

it('cuts what was taken by records and by bytes, and loses none', () => {
  const chunks = [chunk(0, 0, [0, 3, 7]), chunk(1, 5, [5, 6], 10, 'lost')]
  const one = [[['0: 0-3', [0]]], [['0: 3-7', [3]]], [['0: 7-8', [7]]], [['1: 5-6', [5], 'lost']], [['1: 6-7', [6]]]]
  expect(shown(chunks, 1, 1_000)).toEqual(one)
  // One record may have more than all of a part.
  expect(shown(chunks, 500, 9)).toEqual(one)
  expect(shown(chunks, 500, 20)).toEqual([
    [['0: 0-7', [0, 3]]],
    [
      ['0: 7-8', [7]],
      ['1: 5-6', [5], 'lost'],
    ],
    [['1: 6-7', [6]]],
  ])
})

it('asks before each part how much it may hold', () => {
  const most = [2, 1]
  const parts = partsOf([chunk(0, 0, [0, 1, 2, 3, 4])], () => ({ records: most.shift() ?? 9, bytes: 1_000 }))
  expect([...parts].map(([piece]) => piece?.records.length)).toEqual([2, 1, 2])
})
