import { BelfryError } from '@belfry/contracts/errors'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { serverErrors } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { type Auth, createAuth } from './auth.ts'
import { createDevTokens, type DevTokens } from './dev-tokens.ts'
import { createFairQueue } from './fair-queue.ts'
import { keepSecret, readSecret } from './kept-secrets.ts'
import { readPublicKey } from './public-key.ts'
import { rememberIdentities } from './remember-identities.ts'
import { createRemoteKeys } from './remote-keys.ts'
import { secretKeys, type TokenKeys } from './token-keys.ts'

/**
 * Opens what verifies tokens, as it is configured. Without a section `auth` Belfry runs for one person on their own machine, and signs
 * tokens itself.
 * @throws CONFIG_INVALID where the public key cannot be used, SECRET_UNUSABLE where what the folder keeps cannot
 */
export async function openAuth(
  { auth, embedded: { folder } }: Config,
  logger: Logger,
  clock: () => number,
  limited: Metrics['limited'],
): Promise<{ auth: Auth; devTokens?: DevTokens }> {
  const queue = createFairQueue({ onBeyond: () => limited('VERIFICATIONS_WAITING') })
  if (auth === undefined) {
    const warn = (sentence: string) => logger.warn(sentence)
    const secret = await keepSecret(folder, 'token-secret', warn)
    const key = await keepSecret(folder, 'access-key', warn)
    return {
      auth: rememberIdentities(createAuth({ keys: secretKeys([secret]), clock, queue }), clock),
      devTokens: createDevTokens(secret, key, clock),
    }
  }
  const keys = await keysOf(auth, logger, clock, () => limited('KEYS_WAITING'))
  const { issuer, audience, person_claim: personClaim, scope_claim: scopeClaim } = auth
  return {
    auth: rememberIdentities(
      createAuth({
        keys,
        personClaim,
        scopeClaim,
        clock,
        queue,
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      }),
      clock,
    ),
  }
}

/**
 * Checks that tokens can be verified.
 * @throws CONFIG_INVALID where the public key cannot be used, SECRET_UNUSABLE, KEYS_UNREACHABLE where the key set cannot be fetched
 */
export async function checkAuth({ auth, embedded: { folder } }: Config, logger: Logger): Promise<void> {
  if (auth === undefined) {
    for (const name of ['token-secret', 'access-key'] as const) await readSecret(folder, name)
    return
  }
  const { algorithms, matching } = await keysOf(auth, logger, Date.now)
  try {
    await matching({ alg: algorithms[0] ?? '' })
  } catch (error) {
    if (!(error instanceof BelfryError) || auth.jwks_url === undefined) throw error
    // A query may have a secret.
    const { origin, pathname } = new URL(auth.jwks_url)
    throw serverErrors.KEYS_UNREACHABLE({ where: `${origin}${pathname}`, why: reasonOf(error) }, { cause: error })
  }
}

/** The innermost cause: the error itself is only that a fetch has failed, and for several addresses it has no message at all. */
function reasonOf(error: unknown): string {
  const { cause, errors, message, code }: { cause?: unknown; errors?: unknown[]; message?: string; code?: string } =
    Object(error)
  const inner = cause ?? errors?.[0]
  return inner === undefined ? message || code || String(error) : reasonOf(inner)
}

/** The keys that tokens are verified with; the configuration names exactly one source of them. */
async function keysOf(
  { secret, secrets, public_key_file: file, jwks_url: url }: NonNullable<Config['auth']>,
  logger: Logger,
  clock: () => number,
  onBeyond: () => void = () => {},
): Promise<TokenKeys> {
  if (file !== undefined) return readPublicKey(file)
  if (url !== undefined) return createRemoteKeys({ url: new URL(url), logger, clock, onBeyond })
  return secretKeys(secrets ?? (secret === undefined ? [] : [secret]))
}
