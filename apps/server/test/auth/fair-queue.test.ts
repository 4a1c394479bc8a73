import { expect, it } from 'vitest'
import { createFairQueue } from '../../src/auth/fair-queue.ts'

/** A queue whose work ends when the test wants it to. */
function onDemand(options: Parameters<typeof createFairQueue>[0]) {
  const queue = createFairQueue(options)
  const begun: string[] = []
  const ends: (() => void)[] = []
  return {
    begun,
    run: (from: string) =>
      queue.run(from, () => {
        const { promise, resolve } = Promise.withResolvers<void>()
        begun.push(from)
        ends.push(resolve)
        return promise
      }),
    /** Ends what was begun first, and lets what follows begin. */
    async end() {
      ends.shift()?.()
      await new Promise(setImmediate)
    },
  }
}

it('tokens of many places are given turns, so that a crowd of one does not hold up another', async () => {
  const { begun, run, end } = onDemand({ atOnce: 2 })
  const all = [...Array(20).fill('crowd'), 'ann', 'bob'].map(run)
  expect(begun).toEqual(['crowd', 'crowd'])
  for (let ended = 0; ended < 3; ended++) await end()
  expect(begun.slice(2)).toEqual(['crowd', 'ann', 'bob'])
  for (let ended = 3; ended < all.length; ended++) await end()
  await Promise.all(all)
  expect(begun).toHaveLength(22)
})

it('tokens beyond what may wait are refused, and those that wait are not', async () => {
  let refused = 0
  const { begun, run, end } = onDemand({ atOnce: 1, waiting: 3, waitingOfOne: 2, onBeyond: () => refused++ })
  const kept = ['crowd', 'crowd', 'crowd'].map(run)
  await expect(run('crowd')).rejects.toThrow('TOO_MANY_REQUESTS')
  kept.push(run('ann'))
  await expect(run('bob')).rejects.toThrow('TOO_MANY_REQUESTS')
  expect(refused).toBe(2)
  for (let ended = 0; ended < 4; ended++) await end()
  await Promise.all(kept)
  expect(begun).toEqual(['crowd', 'crowd', 'ann', 'crowd'])
  // Nothing is left of them: as much as ever may be under way.
  const again = run('bob')
  expect(begun.at(-1)).toBe('bob')
  await end()
  await again
})

it('go on after work that fails', async () => {
  const queue = createFairQueue({ atOnce: 1 })
  const failing = queue.run('a', async () => {
    throw new Error('no')
  })
  const after = queue.run('b', async () => 'yes')
  await expect(failing).rejects.toThrow('no')
  expect(await after).toBe('yes')
})
