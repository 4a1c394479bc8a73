import { Client } from 'pg'
import { afterEach, expect, it, vi } from 'vitest'
import { effective, openPostgres, tlsParametersOf } from '../../src/index.ts'

afterEach(() => void vi.unstubAllEnvs())
const tls = { rejectUnauthorized: true }

it.each([
  ...['sslmode=disable', 'sslmode=no-verify', 'sslmode=prefer', 'sslmode=allow', 'ssl=0', 'ssl=false', 'ssl=no-verify'],
  ...['sslrootcert=/dev/null', 'sslmode=require&sslmode=disable', 'ssl%6dode=disable', 'ss\tlmode=disable'],
  ...['uselibpqcompat=true&sslmode=require', 'sslmode=verify-full'],
])('an address does not change the TLS that is asked for beside it: %s', async (attack) => {
  const url = `postgres://belfry:pa55word@127.0.0.1:1/belfry?${attack}`
  // pg would let it.
  expect(new Client({ connectionString: url, ssl: tls })).not.toHaveProperty('ssl', tls)
  expect(tlsParametersOf(url).length).toBeGreaterThan(0)
  for (const options of [{ url }, { url: 'postgres://127.0.0.1:1/belfry', sessionUrl: url }]) {
    const opening = openPostgres({ ...options, tls })
    await expect(opening).rejects.toThrow(
      /^TLS_IN_ADDRESS: the address of Postgres at 127.0.0.1:1\/belfry has (ssl|uselib)/,
    )
    await expect(opening).rejects.not.toThrow('pa55word')
  }
})

it('neither does the environment', () => {
  vi.stubEnv('PGSSLMODE', 'disable')
  expect(effective({ tls }, 'postgres://127.0.0.1/belfry')).toEqual({ host: '127.0.0.1', ssl: tls })
})
