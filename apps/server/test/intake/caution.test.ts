import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Caution, readCaution } from '../../src/intake/threads/caution.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('after a thread has ended, handlers run one at a time for five minutes, and records where its cause is unknown for one', () => {
  const caution = new Caution()
  const thread = readCaution(caution.memory)
  const now = () => [thread.oneHandler(), thread.oneRecord()]
  expect(now()).toEqual([false, false])
  caution.begin({ records: true })
  vi.advanceTimersByTime(59_000)
  expect(now()).toEqual([true, true])
  vi.advanceTimersByTime(1_000)
  expect(now()).toEqual([true, false])
  // Each end begins the time again.
  caution.begin({ records: false })
  vi.advanceTimersByTime(299_000)
  expect(now()).toEqual([true, false])
  vi.advanceTimersByTime(1_000)
  expect(now()).toEqual([false, false])
})

it('records are taken together again once the cause is found', () => {
  const caution = new Caution()
  const thread = readCaution(caution.memory)
  caution.begin({ records: true })
  caution.takeRecordsTogether()
  expect([thread.oneHandler(), thread.oneRecord()]).toEqual([true, false])
})
