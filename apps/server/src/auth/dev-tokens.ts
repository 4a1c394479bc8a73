import { createTokenSigner } from './token-signer.ts'

/** Signs tokens for a person who tries Belfry on their own machine; they expire after a day. */
export interface DevTokens {
  /** What `POST /dev/token` requires before it signs. */
  readonly key: string
  sign(claims: { readonly sub: string; readonly scope?: string | undefined }): Promise<string>
}

const DAY_SECONDS = 86_400

/** Signs with this secret. */
export function createDevTokens(secret: string, key: string, clock: () => number = Date.now): DevTokens {
  const signer = createTokenSigner({ secret, clock })
  return { key, sign: ({ sub, scope }) => signer.sign({ person: sub, scope, seconds: DAY_SECONDS }) }
}
