import { describe, expect, it } from 'vitest'
import { shareCheck } from '../../src/metrics/shared-check.ts'

/** Checks that end when they are told to, by a clock that is set by hand. */
function checksOf() {
  const checks: PromiseWithResolvers<number>[] = []
  let now = 5_000
  const shared = shareCheck(
    () => {
      const check = Promise.withResolvers<number>()
      checks.push(check)
      return check.promise
    },
    () => now,
  )
  return { ...shared, checks, pass: (milliseconds: number) => (now += milliseconds) }
}

describe('a check that is shared', () => {
  it('is under way once for all callers, is kept for a second and made again after it', async () => {
    const { run, checks, pass } = checksOf()
    const asked = Array.from({ length: 1_600 }, () => run())
    expect(checks.length).toBe(1)
    // What takes long is kept from its end on.
    pass(5_000)
    checks[0]?.resolve(1)
    expect(new Set(await Promise.all(asked))).toEqual(new Set([1]))
    pass(999)
    expect(await run()).toBe(1)
    pass(1)
    const again = run()
    expect(checks.length).toBe(2)
    checks[1]?.resolve(2)
    expect(await again).toBe(2)
    // A clock that is set back.
    pass(-3_600_000)
    void run()
    expect(checks.length).toBe(3)
  })

  it('is kept where it fails, too', async () => {
    const { run, checks, pass } = checksOf()
    const asked = run()
    checks[0]?.reject(new Error('away'))
    await expect(asked).rejects.toThrow('away')
    await expect(run()).rejects.toThrow('away')
    expect(checks.length).toBe(1)
    pass(1_000)
    const again = run()
    checks[1]?.resolve(2)
    expect(await again).toBe(2)
  })

  it('is made again where it went out of date, and never twice at a time', async () => {
    const { run, forget, checks } = checksOf()
    const before = run()
    forget()
    const later = [run(), run()]
    forget()
    later.push(run())
    expect(checks.length).toBe(1)
    checks[0]?.resolve(1)
    expect(await before).toBe(1)
    await expect.poll(() => checks.length).toBe(2)
    checks[1]?.resolve(2)
    expect(await Promise.all(later)).toEqual([2, 2, 2])
    forget()
    void run()
    expect(checks.length).toBe(3)
  })
})
