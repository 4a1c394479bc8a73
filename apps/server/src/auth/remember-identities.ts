import { hash } from 'node:crypto'
import { serverLimits } from '../limits/server-limits.ts'
import type { Auth, Identity } from './auth.ts'

/** A longer token is verified each time. */
const MAX_TOKEN_CHARACTERS = 4_096

/**
 * Remembers for some seconds the identity of a token, so that a token that comes with every request of a page is verified once. Tokens
 * themselves are not kept. `clock` returns milliseconds since 1970.
 */
export function rememberIdentities(auth: Auth, clock: () => number): Auth {
  const known = new Map<string, { readonly identity: Identity; readonly until: number }>()
  return {
    async verify(token, from) {
      if (token === undefined || token.length > MAX_TOKEN_CHARACTERS) return auth.verify(token, from)
      const name = hash('sha256', token, 'base64url')
      const found = known.get(name)
      if (found !== undefined && clock() < found.until) return found.identity
      known.delete(name)
      const identity = await auth.verify(token, from)
      known.set(name, {
        identity,
        until: Math.min(identity.expiresAt, clock() + serverLimits.TOKEN_REMEMBERED_MS.most),
      })
      for (const oldest of known.keys()) {
        if (known.size <= serverLimits.TOKENS_REMEMBERED.most) break
        known.delete(oldest)
      }
      return identity
    },
  }
}
