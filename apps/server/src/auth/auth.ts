import { BelfryError } from '@belfry/contracts/errors'
import { ID_EXPECTED, isId } from '@belfry/contracts/fields'
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose'
import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'
import { claimNamed, claimsOf, idOfClaim, scopesOfClaim } from './claims.ts'
import { createFairQueue, type FairQueue } from './fair-queue.ts'
import type { TokenKeys } from './token-keys.ts'

/** The person that a token names, and what they may do. */
export interface Identity {
  readonly person: string
  readonly scopes: ReadonlySet<string>
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface AuthOptions {
  /** The keys that tokens may be signed with. */
  readonly keys: TokenKeys
  readonly issuer?: string
  readonly audience?: string
  /** The claim that names the person; `sub` unless it is given. */
  readonly personClaim?: string
  /** The claim that holds the scopes: a text that separates them by spaces, or a list; `scope` unless it is given. */
  readonly scopeClaim?: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** The order in which signatures are verified. */
  readonly queue?: FairQueue
}

/** Verifies tokens. */
export interface Auth {
  /**
   * Returns the identity that a token proves. `from` is the address that it comes from: how many tokens of one address wait is limited.
   * @throws TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, KEYS_UNAVAILABLE, TOO_MANY_REQUESTS
   */
  verify(token: string | undefined, from?: string): Promise<Identity>
}

/** Seconds by which clocks may differ. */
const CLOCK_TOLERANCE_SECONDS = 30

/** Seconds until a token expires, at most. */
const MAX_LIFETIME_SECONDS = serverLimits.TOKEN_DAYS.most * 86_400
/** Seconds that the time of its issue may lie ahead of the clock here. */
const MAX_AHEAD_SECONDS = serverLimits.TOKEN_AHEAD_MS.most / 1_000

/** Verifies JSON Web Tokens that were signed with one of the keys. */
export function createAuth({
  keys,
  issuer,
  audience,
  personClaim = 'sub',
  scopeClaim = 'scope',
  clock = Date.now,
  queue = createFairQueue(),
}: AuthOptions): Auth {
  const options = {
    algorithms: [...keys.algorithms],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
  const payloadOf = async (token: string, from: string): Promise<JWTPayload> => {
    const header = headerOf(token)
    // Before any key is searched for: what is never accepted must not cause a fetch of keys.
    if (header.alg === undefined || !keys.algorithms.includes(header.alg))
      throw serverErrors.TOKEN_INVALID({ why: 'it is signed in a way that is not accepted here' })
    let refused: unknown = new errors.JWKSNoMatchingKey()
    for (const key of await keys.matching(header)) {
      try {
        const verify = () => jwtVerify(token, key, { ...options, currentDate: new Date(clock()) })
        return (await queue.run(from, verify)).payload
      } catch (error) {
        refused = error
        // Only another key can help against a wrong signature, or a key that is for something else.
        if (!(error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError)) break
      }
    }
    throw coded(refused)
  }
  return {
    async verify(token, from = '') {
      if (token === undefined || token === '') throw serverErrors.TOKEN_MISSING({})
      const payload = await payloadOf(token, from)
      const why = troubleWith(payload, clock() / 1_000)
      if (why !== undefined) throw serverErrors.TOKEN_INVALID({ why })
      const claims = claimsOf(token)
      const person = idOfClaim(claimNamed(claims, personClaim))
      if (person === undefined || !isId(person))
        throw serverErrors.TOKEN_INVALID({
          why: `its claim ${personClaim} is neither ${ID_EXPECTED}, nor a whole number`,
        })
      return {
        person,
        scopes: scopesOfClaim(claimNamed(claims, scopeClaim)),
        expiresAt: ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1_000,
      }
    },
  }
}

/** What is wrong with the times of a token, in words; `now` is in seconds, as they are. JSON has numbers that are infinite: 1e400. */
function troubleWith({ exp, iat }: JWTPayload, now: number): string | undefined {
  if (exp === undefined || !(exp <= now + MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS))
    return 'its claim exp is more than a year away'
  if (iat !== undefined && !(Number.isFinite(iat) && iat <= now + MAX_AHEAD_SECONDS))
    return 'its claim iat lies in the future'
  return undefined
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token)
  } catch (error) {
    throw coded(error)
  }
}

function coded(error: unknown): BelfryError {
  if (error instanceof BelfryError) return error
  if (error instanceof errors.JWTExpired) return serverErrors.TOKEN_EXPIRED({})
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return serverErrors.TOKEN_INVALID({ why: 'its signature does not match' })
  if (error instanceof TypeError)
    return serverErrors.TOKEN_INVALID({ why: 'the key that it names is of a kind or size that is not possible here' })
  if (error instanceof errors.JWKSNoMatchingKey)
    return serverErrors.TOKEN_INVALID({ why: 'it is signed with a key that is not known here' })
  if (error instanceof errors.JWTClaimValidationFailed)
    return serverErrors.TOKEN_INVALID({ why: `its claim ${error.claim} is not as expected` })
  return serverErrors.TOKEN_INVALID({ why: 'it is not a JSON Web Token that can be read' })
}
