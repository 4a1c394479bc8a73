import { describe, expect, it } from 'vitest'
import { countThreads } from '../../src/intake/count-threads.ts'
import { mergeProgress, mergeStatus } from '../../src/intake/merge.ts'

describe('how threads do together', () => {
  it('is that of the thread that does least, with everything that any of them waits for', () => {
    const topics = (...states: ('running' | 'paused' | 'not started')[]) =>
      states.map((state, index) => ({ topic: `t${index}`, state }))
    expect(
      mergeStatus(
        [
          { topics: topics('running', 'running', 'paused', 'running'), waiting: 'the store is away' },
          { topics: topics('running', 'paused', 'running', 'not started'), waiting: 'the store is away' },
        ],
        ['thread 3 is being restarted'],
      ),
    ).toEqual({
      topics: topics('running', 'paused', 'paused', 'not started'),
      waiting: 'thread 3 is being restarted; the store is away',
    })
    const why = 'it holds no events'
    const held = { topic: 't', state: 'paused' as const, why }
    for (const some of [
      [held, { topic: 't', state: 'paused' as const }],
      [{ topic: 't', state: 'running' as const }, held],
    ])
      expect(
        mergeStatus(
          some.map((one) => ({ topics: [one] })),
          [],
        ),
      ).toEqual({ topics: [held] })
  })

  it('is as far as the thread that has come furthest', () => {
    const at = (partition: number, next: number, end: number, oldest?: number) => ({
      topic: 't',
      partition,
      next,
      end,
      lag: end - next,
      ...(oldest !== undefined && { oldest }),
    })
    expect(mergeProgress([at(0, 5, 9, 7), at(1, 4, 4), at(0, 7, 8), at(1, 2, 4, 3), at(2, 0, 1)])).toEqual([
      at(0, 7, 9, 7),
      at(1, 4, 4),
      at(2, 0, 1),
    ])
    // Whoever reads a partition that waits for an operator knows best.
    const stranded = { topic: 't', partition: 0, next: 9, end: 3, lag: 3, stranded: 'another log' }
    expect(mergeProgress([at(0, 9, 9), stranded])).toEqual([stranded])
  })
})

describe('how many threads there are', () => {
  const plugins = new URL('./troubled-plugins.ts', import.meta.url)

  it('is what is configured, where there are Kafka, Postgres and a module of plugins; else none, with the reason', () => {
    const postgres = {}
    expect(countThreads({ kafka: { workers: 3 }, postgres }, plugins)).toEqual({ count: 3 })
    expect(countThreads({ postgres }, plugins)).toEqual({ count: 0 })
    expect(countThreads({}, [])).toEqual({ count: 0 })
    expect(countThreads({ kafka: { workers: 3 } }, plugins)).toEqual({
      count: 0,
      why: 'PGlite has one session, so the intake runs in the main thread: kafka.workers is 3',
    })
    for (const kafka of [{ workers: 1 }, {}]) expect(countThreads({ kafka }, plugins)).toEqual({ count: 0 })
    expect(countThreads({ kafka: { workers: 2 }, postgres }, [])).toMatchObject({
      count: 0,
      why: expect.stringContaining('plugins that are given as a list'),
    })
  })

  it('is one less than there are cores, and at most two, unless it is configured', () => {
    const count = (cores: number) => countThreads({ kafka: {}, postgres: {} }, plugins, cores).count
    expect([1, 2, 3, 4, 64].map(count)).toEqual([1, 1, 2, 2, 2])
  })
})
