import { postgresForTests } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import { createWatchdog } from '../../src/intake/threads/watchdog.ts'
import { booked, onThreads, watchThreads } from './on-threads.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** A watchdog whose ticks come by hand, and threads that only tick. */
function byHand() {
  let tick = () => {}
  const watchdog = createWatchdog((act) => {
    tick = act
    return () => {}
  })
  return {
    tick: (times = 1) => {
      for (let time = 0; time < times; time++) tick()
    },
    thread() {
      const own = { ticks: 0, silent: 0 }
      const watching = watchdog.watch({ pulse: { ticks: () => own.ticks }, onSilent: () => void own.silent++ })
      return Object.assign(own, { watching })
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

  it('begins anew with every sign of life, and says how long there has been none', () => {
    const { tick, thread } = byHand()
    const own = thread()
    for (let round = 0; round < 3; round++) {
      own.ticks++
      tick(10)
      expect([own.watching.silentFor, own.silent]).toEqual([9, 0])
    }
    tick()
    expect(own.silent).toBe(1)
  })

  it('does not blame a thread that is being loaded, or is not watched any more', () => {
    const { tick, thread } = byHand()
    const [loading, gone] = [thread(), thread()]
    gone.ticks++
    tick()
    gone.watching.stop()
    tick(30)
    expect([loading.silent, gone.silent]).toEqual([0, 0])
  })

  it('blames nobody where the process itself stood still', async () => {
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

  it.skipIf(postgres === undefined)('blames nobody for what the thread that serves did not do', async () => {
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
