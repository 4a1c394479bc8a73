import type { Chunk, SourceRecord } from '@belfry/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Partition } from '../src/consume/partition.ts'

const record = (offset: number, size = 0): SourceRecord => ({
  offset,
  timestamp: offset,
  key: null,
  value: Buffer.alloc(size),
  headers: {},
})
const roomy = { records: 1_000_000, bytes: 1_000_000_000 }
const offsetsOf = (chunk: Chunk | undefined) => chunk?.records.map(({ offset }) => offset)
const begun = (limits = roomy) => {
  const partition = new Partition('t', 0, limits)
  partition.restart(0)
  return partition
}

describe('the queue of a partition', () => {
  it('hands out together what was read apart', () => {
    const partition = begun()
    partition.add([record(0)], 1)
    partition.add([record(1), record(2)], 4)
    partition.add([record(5)], 6)
    const chunk = partition.take(10)
    expect([chunk?.from, chunk?.next, offsetsOf(chunk)]).toEqual([0, 6, [0, 1, 2, 5]])
    expect(partition.take(10)).toBeUndefined()
  })

  it('hands out by itself what the log has lost, and moves over what is empty', () => {
    const partition = begun()
    partition.add([record(0)], 1)
    partition.add([], 7, 'gone')
    partition.add([], 9)
    partition.add([record(9)], 10)
    expect(partition.take(10)).toMatchObject({ from: 0, next: 1 })
    expect(partition.take(10)).toMatchObject({ from: 1, next: 7, records: [], gone: 'gone' })
    const last = partition.take(10)
    expect([last?.from, last?.next, last?.gone, offsetsOf(last)]).toEqual([7, 10, undefined, [9]])
  })

  it('is full by records or by bytes, and has room again when half of it is taken', () => {
    const byRecords = begun({ records: 4, bytes: 1_000_000 })
    byRecords.add(
      [0, 1, 2, 3].map((offset) => record(offset)),
      4,
    )
    expect(byRecords.isFull).toBe(true)
    byRecords.take(1)
    expect(byRecords.isFull).toBe(true)
    byRecords.take(1)
    expect(byRecords.isFull).toBe(false)
    const byBytes = begun({ records: 1_000, bytes: 10_000 })
    byBytes.add([record(0, 10_000)], 1)
    expect(byBytes.isFull).toBe(true)
    byBytes.take(1)
    expect(byBytes.isFull).toBe(false)
  })

  it('knows how old the oldest is that is not applied, also while it is under way', () => {
    const partition = begun()
    expect(partition.oldest).toBeUndefined()
    partition.add([record(5), record(6)], 7)
    expect(partition.oldest).toBe(5)
    partition.take(1)
    expect(partition.oldest).toBe(5)
    partition.advance(6)
    expect(partition.oldest).toBe(6)
    partition.take(1)
    partition.advance(7)
    expect(partition.oldest).toBeUndefined()
  })

  it('knows it while the next records are handed out before those are applied', () => {
    const partition = begun()
    partition.add(
      [0, 1, 2, 3].map((offset) => record(offset)),
      4,
    )
    const ages = [1, 2, 3].map((next) => {
      partition.take(1)
      partition.take(1)
      partition.advance(next)
      return partition.oldest
    })
    expect(ages).toEqual([1, 2, 3])
    partition.advance(4)
    expect(partition.oldest).toBeUndefined()
  })

  it('hands out each record once, in order, without a gap between chunks, however it is read and taken', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ read: fc.array(fc.boolean(), { maxLength: 8 }) }),
        fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
      ),
    )
    fc.assert(
      fc.property(steps, (all) => {
        const partition = begun({ records: 6, bytes: 1_000_000 })
        const added: number[] = []
        const taken: number[] = []
        let next = 0
        const take = (most: number) => {
          const chunk = partition.take(most)
          if (chunk === undefined) return false
          expect(chunk.from).toBe(next)
          expect(chunk.next).toBeGreaterThanOrEqual(chunk.from)
          expect(chunk.records.length).toBeLessThanOrEqual(most)
          for (const { offset } of chunk.records) expect(offset >= chunk.from && offset < chunk.next).toBe(true)
          taken.push(...chunk.records.map(({ offset }) => offset))
          next = chunk.next
          return true
        }
        for (const step of all) {
          if ('take' in step) take(step.take)
          else if (step.read.length > 0) {
            // Where it is false compaction has left a gap.
            const from = partition.read
            const offsets = step.read.flatMap((there, index) => (there ? [from + index] : []))
            partition.add(
              offsets.map((offset) => record(offset)),
              from + step.read.length,
            )
            added.push(...offsets)
          }
        }
        while (take(3));
        expect(taken).toEqual(added)
        expect(next).toBe(partition.read)
        expect(partition.isFull).toBe(false)
      }),
    )
  })
})
