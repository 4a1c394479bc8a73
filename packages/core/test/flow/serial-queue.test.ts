import { expect, it } from 'vitest'
import { createSerialQueue } from '../../src/flow/index.ts'

it('does one thing after the other, in the order in which they were added, also after one that fails', async () => {
  const queue = createSerialQueue()
  const seen: string[] = []
  const work = (name: string, ms: number, fails = false) =>
    queue.run(async () => {
      seen.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, ms))
      seen.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const [a, b, c] = [work('a', 10), work('b', 5, true), work('c', 0)]
  await expect(b).rejects.toThrow('b')
  expect([await a, await c]).toEqual(['a', 'c'])
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

it('is idle when all that was added has ended, also where it failed', async () => {
  const queue = createSerialQueue()
  await queue.idle()
  const work = Promise.withResolvers<void>()
  const failed = queue.run(() => work.promise)
  let idle = false
  const waiting = queue.idle().then(() => (idle = true))
  await Promise.resolve()
  expect(idle).toBe(false)
  work.reject(new Error('failed'))
  await expect(failed).rejects.toThrow('failed')
  await waiting
})
