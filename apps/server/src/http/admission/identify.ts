import { BelfryError } from '@belfry/contracts/errors'
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Auth, Identity } from '../../auth/auth.ts'
import { serverErrors } from '../../errors.ts'
import { networkOf } from './network.ts'
import type { Limit, Limits } from './rate-limits.ts'

/** What decides whether a request may pass. */
export interface Gate {
  readonly auth: Auth
  readonly limits: Limits
}

const identities = new WeakMap<FastifyRequest, Identity>()

/** A hook that refuses requests without a valid token, or without the scope where one is named. */
export function requireToken(gate: Gate, scope?: string): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const identity = await identify(request, reply, gate)
    if (scope !== undefined && !identity.scopes.has(scope)) throw serverErrors.SCOPE_MISSING({ scope })
    identities.set(request, identity)
  }
}

/**
 * Returns whose request it is, by its token. A valid token is never refused for its address.
 * @throws TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, KEYS_UNAVAILABLE; TOO_MANY_REQUESTS where too many tokens have failed
 */
export async function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  { auth, limits }: Gate,
): Promise<Identity> {
  try {
    return await auth.verify(bearerOf(request), networkOf(request.ip))
  } catch (error) {
    if (isFailedToken(error)) await takeOne(limits.failedTokens, networkOf(request.ip), reply)
    throw error
  }
}

/** Whose request it is; only behind `requireToken`. */
export function identityOf(request: FastifyRequest): Identity {
  const identity = identities.get(request)
  if (identity === undefined) throw serverErrors.TOKEN_MISSING({})
  return identity
}

/**
 * Counts one more, or what costs as much as `cost` of them; above the limit the answer has the seconds after which to try again.
 * @throws TOO_MANY_REQUESTS
 */
export async function takeOne(limit: Limit, key: string, reply: FastifyReply, cost = 1): Promise<void> {
  const seconds = await limit.take(key, cost)
  if (seconds === undefined) return
  reply.header('retry-after', String(seconds))
  throw serverErrors.TOO_MANY_REQUESTS({ seconds })
}

/** Whether a token was there, and was wrong or had expired. */
export function isFailedToken(error: unknown): boolean {
  const { TOKEN_INVALID, TOKEN_EXPIRED } = serverErrors
  return error instanceof BelfryError && [TOKEN_INVALID.code, TOKEN_EXPIRED.code].some((code) => code === error.code)
}

/** The token of the Authorization header. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer[ \t]+(\S+)[ \t]*$/i.exec(request.headers.authorization ?? '')?.[1]
}
