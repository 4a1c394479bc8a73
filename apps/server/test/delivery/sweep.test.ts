import { coreErrors } from '@belfry/core'
import { createMemoryStore, renderPlainly } from '@belfry/core/testing'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createSweep } from '../../src/delivery/sweep.ts'

/** A sweep whose timers go off by hand, with what it asked for and what it told. */
function byHand(count: number) {
  const timers: { milliseconds: number; act: () => void }[] = []
  const asked: number[] = []
  const learned: (readonly [string, number])[] = []
  const state = { away: false, hold: Promise.resolve() }
  const lines: string[] = []
  const sweep = createSweep({
    inboxes: {
      ...createMemoryStore({ render: renderPlainly }).inboxes,
      async heads(people) {
        asked.push(people.length)
        await state.hold
        if (state.away) throw coreErrors.STORE_UNAVAILABLE({ why: 'gone' })
        return new Map(people.map((person, index) => [person, index]))
      },
    },
    sockets: {
      people: () => Array.from({ length: count }, (_, index) => `u${index}`),
      learnHeads: (heads) => void learned.push(...heads),
    },
    logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    after(milliseconds, act) {
      const timer = { milliseconds, act }
      timers.push(timer)
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1)
      }
    },
  })
  return {
    sweep,
    timers,
    asked,
    learned,
    state,
    lines,
    waits: () => timers.map(({ milliseconds }) => milliseconds),
    ring: () => timers.shift()?.act(),
  }
}

describe('the sweep', () => {
  it('compares all connected people every half minute, a thousand at a time', async () => {
    const own = byHand(2_345)
    for (let round = 1; round <= 3; round++) {
      await expect.poll(own.waits).toEqual([30_000])
      own.ring()
      await expect.poll(() => own.learned.length).toBe(2_345 * round)
    }
    expect(own.asked).toEqual([1_000, 1_000, 345, 1_000, 1_000, 345, 1_000, 1_000, 345])
  })

  it('compares at once when changes were missed, and again for what was missed meanwhile', async () => {
    const own = byHand(1)
    const { promise, resolve } = Promise.withResolvers<void>()
    own.state.hold = promise
    own.sweep.now()
    expect([own.asked.length, own.waits()]).toEqual([1, []])
    own.sweep.now()
    own.sweep.now()
    expect(own.asked.length).toBe(1)
    resolve()
    await expect.poll(() => own.asked.length).toBe(2)
    await expect.poll(own.waits).toEqual([30_000])
  })

  it('tries a store that is away again after a second, and logs nothing', async () => {
    const own = byHand(1)
    own.state.away = true
    own.sweep.now()
    await expect.poll(own.waits).toEqual([1_000])
    own.state.away = false
    own.ring()
    await expect.poll(own.waits).toEqual([30_000])
    expect([own.learned.length, own.lines]).toEqual([1, []])
  })

  it('ends with the comparison under way', async () => {
    const own = byHand(3_000)
    const { promise, resolve } = Promise.withResolvers<void>()
    own.state.hold = promise
    own.sweep.now()
    const closed = own.sweep.close()
    resolve()
    await closed
    own.sweep.now()
    expect([own.asked.length, own.waits()]).toEqual([1, []])
  })
})
