import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createRemoteKeys } from '../../src/auth/remote-keys.ts'
import { serverLimits } from '../../src/limits.ts'
import { serveKeys } from '../serve-keys.ts'

it('that hang keep a thousand tokens waiting, and no more', async () => {
  await using served = await serveKeys('hang')
  let refused = 0
  const keys = createRemoteKeys({
    url: new URL(served.url),
    log: pino({ level: 'silent' }),
    onBeyond: () => refused++,
  })
  const { most } = serverLimits.KEYS_WAITING
  const waiting = Array.from({ length: most }, () => keys.matching({ alg: 'RS256', kid: 'unknown' }))
  const ended = Promise.allSettled(waiting)
  for (let one = 0; one < 5; one++)
    await expect(keys.matching({ alg: 'RS256', kid: 'unknown' })).rejects.toThrow('KEYS_UNAVAILABLE')
  expect(refused).toBe(5)
  expect(served.count()).toBeLessThanOrEqual(1)
  // They end when the fetch is given up, and others may wait.
  for (const { status } of await ended) expect(status).toBe('rejected')
  const again = keys.matching({ alg: 'RS256', kid: 'unknown' })
  await expect(again).rejects.toThrow('KEYS_UNAVAILABLE')
  expect(refused).toBe(5)
})
