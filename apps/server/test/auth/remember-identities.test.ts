import { describe, expect, it } from 'vitest'
import type { Auth } from '../../src/auth/auth.ts'
import { rememberIdentities } from '../../src/auth/remember-identities.ts'
import { serverErrors } from '../../src/errors.ts'
import { serverLimits } from '../../src/limits/server-limits.ts'

/** An auth that says how often it was asked, and for whom a token `<person>:<expiry>` is. */
function counting() {
  const asked: string[] = []
  let now = 0
  const auth: Auth = {
    async verify(token = '') {
      asked.push(token)
      const [person = '', expiry] = token.split(':')
      if (now >= Number(expiry)) throw serverErrors.TOKEN_EXPIRED({})
      return { person, scopes: new Set(), expiresAt: Number(expiry) }
    },
  }
  const remembering = rememberIdentities(auth, () => now)
  return {
    asked,
    verify: (token: string | undefined) => remembering.verify(token),
    pass: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

describe('a token', () => {
  it('is verified once in half a minute, and never valid beyond its own expiry', async () => {
    const { asked, verify, pass } = counting()
    for (let time = 0; time < 10; time++) expect((await verify('ann:50000')).person).toBe('ann')
    expect(asked).toHaveLength(1)
    pass(30_000)
    for (let time = 0; time < 10; time++) await verify('ann:50000')
    expect(asked).toHaveLength(2)
    pass(20_000)
    await expect(verify('ann:50000')).rejects.toThrow('TOKEN_EXPIRED')
  })

  it('that is not good is looked at each time', async () => {
    const { asked, verify } = counting()
    for (let time = 0; time < 3; time++) await expect(verify('ann:0')).rejects.toThrow('TOKEN_EXPIRED')
    expect(asked).toHaveLength(3)
  })

  it('that is very long is not remembered', async () => {
    const { asked, verify } = counting()
    for (let time = 0; time < 2; time++) await verify(`${'a'.repeat(5_000)}:50000`)
    expect(asked).toHaveLength(2)
  })

  it('is forgotten where others came after it: no more than ten thousand are remembered', async () => {
    const { asked, verify } = counting()
    const { most } = serverLimits.TOKENS_REMEMBERED
    for (let one = 0; one <= most; one++) await verify(`p${one}:1`)
    await verify('p1:1')
    expect(asked).toHaveLength(most + 1)
    await verify('p0:1')
    expect(asked).toHaveLength(most + 2)
  })
})
