import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Auth, Identity } from '../auth/auth.ts'
import { serverErrors } from '../errors.ts'

const identities = new WeakMap<FastifyRequest, Identity>()

/** A hook that lets nobody pass without a valid token, and where a scope is named, without it. */
export function requireToken(auth: Auth, scope?: string): onRequestAsyncHookHandler {
  return async (request) => {
    const identity = await auth.verify(bearerOf(request))
    if (scope !== undefined && !identity.scopes.has(scope)) throw serverErrors.SCOPE_MISSING({ scope })
    identities.set(request, identity)
  }
}

/** Whose request it is; only behind `requireToken`. */
export function identityOf(request: FastifyRequest): Identity {
  const identity = identities.get(request)
  if (identity === undefined) throw serverErrors.TOKEN_MISSING({})
  return identity
}

/** The token of the Authorization header. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
}
