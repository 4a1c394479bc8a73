import { postgresForTests } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import { type Ticks, Watchdog } from '../../src/intake/threads/watchdog.ts'
import { booked, onThreads, watchThreads } from './on-threads.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** Watchdogs whose ticks come by hand, and threads that only tick. */
function byHand() {
  const all = new Set<() => void>()
  const ticks: Ticks = (tick) => {
    all.add(tick)
    return () => void all.delete(tick)
  }
  return {
    tick: (times = 1) => {
      for (let time = 0; time < times; time++) for (const tick of all) tick()
    },
    thread() {
      const own = { ticks: 0, silent: 0 }
      const watchdog = new Watchdog({ ticks: () => own.ticks }, () => void own.silent++, ticks)
      return Object.assign(own, { watchdog })
    },
  }
}

describe('the watchdog', () => {
  it('calls a thread silent that has not moved for ten of its own ticks, once', () => {
    const { tick, thread } = byHand()
    const [lively, stuck] = [thread(), thread()]
    for (let second = 0; second < 40; second++) {
      lively.ticks++
      if (second < 5) stuck.ticks++
      tick()
      expect(stuck.silent).toBe(second >= 14 ? 1 : 0)
    }
    expect(lively.silent).toBe(0)
  })

  it('begins again with every sign of life, and counts the ticks without one', () => {
    const { tick, thread } = byHand()
    const own = thread()
    for (let round = 0; round < 3; round++) {
      own.ticks++
      tick(10)
      expect([own.watchdog.silentFor, own.silent]).toEqual([9, 0])
    }
    tick()
    expect(own.silent).toBe(1)
  })

  it('does not call a thread silent that is being loaded, or is not watched any more', () => {
    const { tick, thread } = byHand()
    const [loading, gone] = [thread(), thread()]
    gone.ticks++
    tick()
    gone.watchdog.stop()
    tick(30)
    expect([loading.silent, gone.silent]).toEqual([0, 0])
  })

  it('calls no thread silent where the process itself stood still', async () => {
    const { tick, thread } = byHand()
    const own = thread()
    own.ticks++
    tick(9)
    // However long it was: to the watchdog it is one tick.
    tick()
    own.ticks++
    tick()
    expect(own.silent).toBe(0)
  })

  it.skipIf(postgres === undefined)('calls no thread silent for what the thread that serves did not do', async () => {
    using threads = watchThreads()
    await using belfry = await onThreads(postgres)
    await belfry.send(booked('e1', 'u1'))
    await belfry.applied()
    const cell = new Int32Array(new SharedArrayBuffer(4))
    // For longer than a silent thread would live.
    Atomics.wait(cell, 0, 0, 3_000)
    await belfry.send(booked('e2', 'u1'))
    await belfry.applied()
    expect(threads.running()).toEqual(threads.all)
    expect(belfry.lines.filter((line) => line.includes('restarted'))).toEqual([])
  })
})
