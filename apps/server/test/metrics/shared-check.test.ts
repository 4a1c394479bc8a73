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
  it('is under way once for all who ask, is kept for a second and made again after it', async () => {
    const { ask, checks, pass } = checksOf()
    const asked = Array.from({ length: 1_600 }, () => ask())
    expect(checks.length).toBe(1)
    // What takes long is kept from its end on.
    pass(5_000)
    checks[0]?.resolve(1)
    expect(new Set(await Promise.all(asked))).toEqual(new Set([1]))
    pass(999)
    expect(await ask()).toBe(1)
    pass(1)
    const again = ask()
    expect(checks.length).toBe(2)
    checks[1]?.resolve(2)
    expect(await again).toBe(2)
    // A clock that is set back.
    pass(-3_600_000)
    void ask()
    expect(checks.length).toBe(3)
  })

  it('is kept where it fails, too', async () => {
    const { ask, checks, pass } = checksOf()
    const asked = ask()
    checks[0]?.reject(new Error('away'))
    await expect(asked).rejects.toThrow('away')
    await expect(ask()).rejects.toThrow('away')
    expect(checks.length).toBe(1)
    pass(1_000)
    const again = ask()
    checks[1]?.resolve(2)
    expect(await again).toBe(2)
  })

  it('is made again where it went out of date, and never twice at a time', async () => {
    const { ask, forget, checks } = checksOf()
    const before = ask()
    forget()
    const later = [ask(), ask()]
    forget()
    later.push(ask())
    expect(checks.length).toBe(1)
    checks[0]?.resolve(1)
    expect(await before).toBe(1)
    await expect.poll(() => checks.length).toBe(2)
    checks[1]?.resolve(2)
    expect(await Promise.all(later)).toEqual([2, 2, 2])
    forget()
    void ask()
    expect(checks.length).toBe(3)
  })
})
