import type { KeyObject } from 'node:crypto'
import type { CryptoKey, ProtectedHeaderParameters } from 'jose'

/** The keys that tokens may be signed with, and the algorithms. */
export interface TokenKeys {
  /** No other algorithm is accepted, or a public key could be taken for a secret. */
  readonly algorithms: readonly string[]
  /**
   * The keys that may have signed a token with this header.
   * @throws KEYS_UNAVAILABLE
   */
  matching(header: ProtectedHeaderParameters): Promise<readonly (CryptoKey | KeyObject | Uint8Array)[]>
}

/** Shared secrets, the newest first. */
export function secretKeys(secrets: readonly string[]): TokenKeys {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret))
  return { algorithms: ['HS256'], matching: async () => keys }
}

/** The algorithms of an RSA key. */
export const rsaAlgorithms: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
/** The algorithm of an Ed25519 key, by its old name and its new one. */
export const edAlgorithms: readonly string[] = ['EdDSA', 'Ed25519']
