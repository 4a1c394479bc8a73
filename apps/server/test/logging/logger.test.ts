import { generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { serverErrors } from '../../src/errors.ts'
import { createLogger } from '../../src/logging/logger.ts'
import { serveKeys } from '../serve-keys.ts'
import { begunFolder, openSocket, startBelfry } from '../start-belfry.ts'

interface Line {
  readonly level: number
  readonly msg: string
  readonly code?: string
  readonly count?: number
  readonly err?: { readonly code?: string; readonly message: string; readonly stack?: string }
}

/** A logger, and what it has written. */
async function written() {
  const lines: string[] = []
  const config = await loadConfig(['node', 'belfry'], { BELFRY_CONFIG: '/dev/null' })
  const logger = createLogger(config, { write: (line) => void lines.push(line) })
  return { logger, lines, parsed: () => lines.map((line): Line => JSON.parse(line)) }
}

describe('the log', () => {
  it('of requests that are refused by the thousand is one line a second, without a stack, with how many they were', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    await using keys = await serveKeys(undefined)
    await using folder = await begunFolder()
    await using app = await startBelfry({
      folder: folder.path,
      env: { NOTIFICATION_SERVICE__AUTH__JWKS_URL: keys.url },
    })
    const token = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime('1h')
      .sign(privateKey)
    const began = performance.now()
    const before = app.lines.length
    const headers = { authorization: `Bearer ${token}` }
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => fetch(`${app.url}/v1/notifications`, { headers })),
      )
      for (const answer of answers) {
        expect(answer.status).toBe(503)
        await answer.text()
      }
      expect(await openSocket(app.url, token).closed).toBe(1012)
    }
    const lines = () => app.lines.slice(before).map((line): Line => JSON.parse(line))
    const refused = () => lines().filter(({ code }) => code === 'KEYS_UNAVAILABLE')
    await expect.poll(() => refused().reduce((sum, { count = 1 }) => sum + count, 0)).toBe(1_000)
    const seconds = (performance.now() - began) / 1_000
    expect(refused().length).toBeLessThanOrEqual(seconds + 2)
    for (const { err } of refused()) {
      expect(err).toMatchObject({ code: 'KEYS_UNAVAILABLE' })
      expect(err).not.toHaveProperty('stack')
    }
  })

  it('shows the beginning of a long text, and of an error without a code where it was thrown', async () => {
    const { logger, lines, parsed } = await written()
    const long = 'x'.repeat(1_000_000)
    logger.warn({ source: long, err: new Error(long) }, long)
    logger.error({ err: serverErrors.NOT_FOUND({ what: long }, { cause: new Error('the innermost') }) }, 'coded')
    logger.error({ err: new Error('with a cause', { cause: new Error('the innermost') }) }, 'uncoded')
    logger.error(long)
    logger.info({ topic: 'booking' }, 'plain')
    const [first, coded, uncoded, , plain] = parsed()
    expect(first?.err?.stack).toContain('logger.test.ts')
    expect(coded?.err).toEqual({
      type: 'BelfryError',
      code: 'NOT_FOUND',
      message: expect.any(String),
      remedy: serverErrors.NOT_FOUND.remedy,
    })
    expect(uncoded?.err).toMatchObject({ message: 'with a cause: the innermost', stack: expect.any(String) })
    expect(plain).toMatchObject({ topic: 'booking', msg: 'plain' })
    for (const line of lines) expect(line.length).toBeLessThan(12_000)
  })

  it('leaves nothing out that is logged once, or of another code, plugin or topic', async () => {
    const { logger, parsed } = await written()
    for (const topic of ['booking', 'user']) for (const code of ['A', 'B']) logger.warn({ code, topic }, 'said')
    logger.warn({ topic: 'booking' }, 'without a code')
    logger.warn({ topic: 'booking' }, 'without a code')
    expect(parsed()).toHaveLength(6)
    for (const { count } of parsed()) expect(count).toBeUndefined()
  })
})
