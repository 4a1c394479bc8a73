import { createLine } from '@belfry/core'
import { describe, expect, it } from 'vitest'

/** Work that ends when it is told to, and what of it has begun. */
function lineOf(atOnce: number, waiting: number) {
  const line = createLine({ atOnce, waiting, full: () => new Error('full') })
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const run = (name: string, signal?: AbortSignal) =>
    line.run(() => {
      begun.push(name)
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
    }, signal)
  return { line, begun, run, end: (name: string) => ends.get(name)?.() }
}

describe('a line', () => {
  it('does two things at once, the others in the order in which they came, and refuses what finds no place', async () => {
    const { line, begun, run, end } = lineOf(2, 2)
    const all = ['a', 'b', 'c', 'd'].map((name) => run(name))
    await expect(run('e')).rejects.toThrow('full')
    expect([begun, line.length]).toEqual([['a', 'b'], 4])
    end('b')
    await all[1]
    await expect.poll(() => begun).toEqual(['a', 'b', 'c'])
    end('c')
    await expect.poll(() => begun).toEqual(['a', 'b', 'c', 'd'])
    for (const name of ['a', 'd']) end(name)
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
    expect(line.length).toBe(0)
  })

  it('frees the place of what fails, and of what is given up while it waits', async () => {
    const { line, begun, run, end } = lineOf(1, 1)
    await expect(line.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    const first = run('a')
    const gone = new AbortController()
    const second = run('b', gone.signal)
    gone.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    const third = run('c')
    end('a')
    await first
    await expect.poll(() => begun).toEqual(['a', 'c'])
    end('c')
    expect([await third, line.length]).toEqual(['c', 0])
    await expect(run('d', gone.signal)).rejects.toThrow('gone')
    expect(line.length).toBe(0)
  })
})
