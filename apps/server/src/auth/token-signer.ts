import { SignJWT } from 'jose'

export interface SignerOptions {
  readonly secret: string
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  /** The claim that names the person; `sub` unless it is given. */
  readonly personClaim?: string
  /** The claim that holds the scopes; `scope` unless it is given. */
  readonly scopeClaim?: string
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** Signs tokens. */
export interface TokenSigner {
  /** Signs a token of `person` that expires in `seconds`; `scope` has its scopes, separated by spaces. */
  sign(token: {
    readonly person: string
    readonly scope?: string | undefined
    readonly seconds: number
  }): Promise<string>
}

/** Signs with a shared secret, by HS256. */
export function createTokenSigner({
  secret,
  issuer,
  audience,
  personClaim = 'sub',
  scopeClaim = 'scope',
  clock = Date.now,
}: SignerOptions): TokenSigner {
  const key = new TextEncoder().encode(secret)
  return {
    sign({ person, scope, seconds }) {
      const now = Math.floor(clock() / 1_000)
      const claims = {
        ...(issuer !== undefined && { iss: issuer }),
        ...(audience !== undefined && { aud: audience }),
        ...(scope !== undefined && scope !== '' && { [scopeClaim]: scope }),
        [personClaim]: person,
        iat: now,
        exp: now + seconds,
      }
      return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key)
    },
  }
}
