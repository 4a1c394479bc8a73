import type { KeptLetter } from '@belfry/core'
import { expect, it } from 'vitest'
import { createRetryInThreads, type RetryingThread } from '../../src/intake/threads/retry-in-threads.ts'
import { type ThreadEnd, ThreadEnded } from '../../src/intake/threads/thread-handle.ts'

const place = { topic: 'booking', partition: 0, offset: 7 }
const letter: KeptLetter = {
  ...place,
  id: 1,
  code: 'RECORD_BLOCKED',
  message: 'the record ended its thread',
  at: '2026-05-01T09:00:00Z',
  key: null,
  value: Buffer.from('{}'),
  headers: {},
  timestamp: 0,
  followedBy: 0,
}

/** A thread that answers, or ends like this while it is asked. */
function threadOf(end?: ThreadEnd): RetryingThread & { asked: number } {
  const thread = {
    asked: 0,
    async request() {
      thread.asked++
      if (end) throw new ThreadEnded(end)
      return { of: 'retry', retried: { kind: 'missing' } } as const
    },
  }
  return thread
}

/** Retries on these threads; `letters` are what is found of the letter, each time that it is looked for. */
function retrying(threads: () => readonly RetryingThread[], letters: readonly (KeptLetter | undefined)[] = []) {
  const left = [...letters]
  const kept: unknown[] = []
  const retry = createRetryInThreads({
    threads,
    deadLetters: {
      list: async () => [],
      remove: async () => false,
      find: async () => left.shift(),
      async retry(_, { entry }) {
        const [failed] = entry.deadLetters
        kept.push([failed?.code, failed?.message, failed?.plugin])
        return failed === undefined ? { kind: 'missing' } : { kind: 'failed', letter: failed }
      },
    },
  })
  return { retry, kept }
}
const dies: ThreadEnd = { why: 'ran out of memory' }

it('a retry waits until a thread is ready', async () => {
  let looks = 0
  const thread = threadOf()
  const { retry } = retrying(() => (++looks < 3 ? [] : [thread]))
  expect(await retry(1, false)).toEqual({ kind: 'missing' })
  expect([looks, thread.asked]).toEqual([3, 1])
})

it('a retry goes on in another thread where its thread ends of something else, as long as the letter is there', async () => {
  const [first, second] = [threadOf({ ...dies, retrying: { ...place, offset: 8, step: 'decoding' } }), threadOf()]
  expect(await retrying(() => [first, second], [letter]).retry(1, false)).toEqual({ kind: 'missing' })
  expect([first.asked, second.asked]).toEqual([1, 1])
  // It may have been applied before its thread could say so.
  const gone = retrying(() => [threadOf(dies)], [undefined])
  await expect(gone.retry(1, false)).rejects.toMatchObject({ code: 'INTAKE_INTERRUPTED' })
})

it('a retry whose record ends its thread has failed again, with that as its reason', async () => {
  const thread = threadOf({ ...dies, retrying: { ...place, step: 'decoding' } })
  const { retry, kept } = retrying(() => [thread], [letter])
  expect(await retry(1, false)).toMatchObject({ kind: 'failed' })
  expect(kept).toEqual([['RECORD_BLOCKED', 'the record ran out of memory', undefined]])
  expect(thread.asked).toBe(1)
})
