import type { Config } from '../config/schema.ts'
import { serverErrors } from '../errors.ts'
import { readSecret, type Warn } from './kept-secrets.ts'
import { createTokenSigner, type TokenSigner } from './token-signer.ts'

/**
 * Opens what signs tokens that a Belfry of this configuration accepts: with the newest configured secret, or with the one that the embedded
 * folder keeps. It takes no lock, so that it works while Belfry runs.
 * @throws TOKENS_SIGNED_ELSEWHERE, SECRET_MISSING, SECRET_UNUSABLE
 */
export async function openSigner(
  { auth, embedded: { folder } }: Pick<Config, 'auth' | 'embedded'>,
  warn: Warn,
  clock?: () => number,
): Promise<TokenSigner> {
  const clocked = clock === undefined ? {} : { clock }
  if (auth === undefined) {
    const kept = await readSecret(folder, 'token-secret', warn)
    if (kept === undefined) throw serverErrors.SECRET_MISSING({ folder })
    return createTokenSigner({ secret: kept, ...clocked })
  }
  const { secret = auth.secrets?.[0], issuer, audience, person_claim: personClaim, scope_claim: scopeClaim } = auth
  if (secret === undefined) throw serverErrors.TOKENS_SIGNED_ELSEWHERE({ key: keyOf(auth) })
  return createTokenSigner({ secret, issuer, audience, personClaim, scopeClaim, ...clocked })
}

const keyOf = ({ jwks_url: url }: NonNullable<Config['auth']>): string =>
  url === undefined ? 'public_key_file' : 'jwks_url'
