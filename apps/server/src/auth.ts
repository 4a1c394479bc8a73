import type { BelfryError } from '@belfry/contracts/errors'
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { serverErrors } from './errors.ts'

/** Who somebody is, and what they may do. */
export interface Identity {
  readonly person: string
  readonly scopes: ReadonlySet<string>
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface AuthOptions {
  /** The secrets that tokens may be signed with (HS256), the newest first. */
  readonly secrets: readonly string[]
  readonly issuer?: string
  readonly audience?: string
  /** The claim that names the person; `sub` unless said otherwise. */
  readonly personClaim?: string
  /** The claim that holds the scopes, separated by spaces; `scope` unless said otherwise. */
  readonly scopeClaim?: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** Tells who somebody is by their token. */
export interface Auth {
  /** @throws TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED */
  verify(token: string | undefined): Promise<Identity>
}

/** Clocks may differ by so many seconds. */
const CLOCK_TOLERANCE = 30

/** Verifies JSON Web Tokens that were signed with one of the secrets. */
export function createAuth({
  secrets,
  issuer,
  audience,
  personClaim = 'sub',
  scopeClaim = 'scope',
  clock = Date.now,
}: AuthOptions): Auth {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret))
  const options = {
    algorithms: ['HS256'],
    clockTolerance: CLOCK_TOLERANCE,
    requiredClaims: ['exp', personClaim],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
  const payloadOf = async (token: string): Promise<JWTPayload> => {
    let refused: unknown
    for (const key of keys) {
      try {
        return (await jwtVerify(token, key, { ...options, currentDate: new Date(clock()) })).payload
      } catch (error) {
        refused = error
        // Only another key can help against a wrong signature.
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
      }
    }
    throw coded(refused)
  }
  return {
    async verify(token) {
      if (token === undefined || token === '') throw serverErrors.TOKEN_MISSING({})
      const payload = await payloadOf(token)
      const person = payload[personClaim]
      const scope = payload[scopeClaim]
      if (typeof person !== 'string' || !/^[^\p{Cc}\u2028\u2029]{1,128}$/u.test(person) || !person.isWellFormed())
        throw serverErrors.TOKEN_INVALID({ why: `its claim ${personClaim} is no id of 1 to 128 printable characters` })
      return {
        person,
        scopes: new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []),
        expiresAt: ((payload.exp ?? 0) + CLOCK_TOLERANCE) * 1_000,
      }
    },
  }
}

function coded(error: unknown): BelfryError {
  if (error instanceof errors.JWTExpired) return serverErrors.TOKEN_EXPIRED({})
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return serverErrors.TOKEN_INVALID({ why: 'its signature is not ours' })
  if (error instanceof errors.JWTClaimValidationFailed)
    return serverErrors.TOKEN_INVALID({ why: `its claim ${error.claim} is not as expected` })
  return serverErrors.TOKEN_INVALID({ why: 'it is no JSON Web Token that we can read' })
}

/** Signs tokens for whoever tries Belfry on their own machine; they last a day. */
export interface DevTokens {
  sign(claims: { readonly sub: string; readonly scope?: string | undefined }): Promise<string>
}

/** Signs with this secret. */
export function createDevTokens(secret: string, clock: () => number = Date.now): DevTokens {
  const key = new TextEncoder().encode(secret)
  return {
    sign({ sub, scope }) {
      const now = Math.floor(clock() / 1_000)
      const token = new SignJWT({ sub, ...(scope !== undefined && { scope }) }).setProtectedHeader({ alg: 'HS256' })
      return token
        .setIssuedAt(now)
        .setExpirationTime(now + 86_400)
        .sign(key)
    },
  }
}
