import { SignJWT } from 'jose'

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
