import { BelfryError } from '@belfry/contracts/errors'
import { isId } from '@belfry/contracts/fields'
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose'
import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'
import { createFairQueue, type FairQueue } from './fair-queue.ts'
import type { TokenKeys } from './token-keys.ts'

/** Who somebody is, and what they may do. */
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
  /** The claim that names the person; `sub` unless said otherwise. */
  readonly personClaim?: string
  /** The claim that holds the scopes: a text that separates them by spaces, or a list; `scope` unless said otherwise. */
  readonly scopeClaim?: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Whose signature is looked at next. */
  readonly queue?: FairQueue
}

/** Tells who somebody is by their token. */
export interface Auth {
  /**
   * `from` is where the token comes from: of one place only so many wait to be verified.
   * @throws TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, KEYS_UNAVAILABLE, TOO_MANY_REQUESTS
   */
  verify(token: string | undefined, from?: string): Promise<Identity>
}

/** Clocks may differ by so many seconds. */
const CLOCK_TOLERANCE = 30

/** A token expires within so many seconds, and was issued at most so many seconds ahead of our clock. */
const MAX_SECONDS = serverLimits.TOKEN_DAYS.most * 86_400
const MAX_AHEAD = serverLimits.TOKEN_AHEAD_MS.most / 1_000

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
    clockTolerance: CLOCK_TOLERANCE,
    requiredClaims: ['exp', personClaim],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
  const payloadOf = async (token: string, from: string): Promise<JWTPayload> => {
    const header = headerOf(token)
    // Before any key is looked for: what we never accept must not make us fetch keys.
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
      const person = payload[personClaim]
      if (typeof person !== 'string' || !isId(person))
        throw serverErrors.TOKEN_INVALID({ why: `its claim ${personClaim} is no id of 1 to 128 printable characters` })
      return {
        person,
        scopes: scopesOf(payload[scopeClaim]),
        expiresAt: ((payload.exp ?? 0) + CLOCK_TOLERANCE) * 1_000,
      }
    },
  }
}

/** What is wrong with the times of a token, in words; `now` is in seconds, as they are. JSON has numbers that are infinite: 1e400. */
function troubleWith({ exp, iat }: JWTPayload, now: number): string | undefined {
  if (exp === undefined || !(exp <= now + MAX_SECONDS + CLOCK_TOLERANCE))
    return 'its claim exp is more than a year away'
  if (iat !== undefined && !(Number.isFinite(iat) && iat <= now + MAX_AHEAD)) return 'its claim iat lies in the future'
  return undefined
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token)
  } catch (error) {
    throw coded(error)
  }
}

/** Whatever is neither a text nor a list of texts gives no right. */
function scopesOf(claim: unknown): ReadonlySet<string> {
  if (typeof claim === 'string') return new Set(claim.split(' ').filter(Boolean))
  return new Set(Array.isArray(claim) && claim.every((scope) => typeof scope === 'string') ? claim : [])
}

function coded(error: unknown): BelfryError {
  if (error instanceof BelfryError) return error
  if (error instanceof errors.JWTExpired) return serverErrors.TOKEN_EXPIRED({})
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return serverErrors.TOKEN_INVALID({ why: 'its signature is not ours' })
  if (error instanceof TypeError)
    return serverErrors.TOKEN_INVALID({ why: 'the key that it names is of a kind or size that is not possible here' })
  if (error instanceof errors.JWKSNoMatchingKey)
    return serverErrors.TOKEN_INVALID({ why: 'it is signed with a key that is not known here' })
  if (error instanceof errors.JWTClaimValidationFailed)
    return serverErrors.TOKEN_INVALID({ why: `its claim ${error.claim} is not as expected` })
  return serverErrors.TOKEN_INVALID({ why: 'it is no JSON Web Token that we can read' })
}
