/** A number of a token, as its text: a number of JavaScript has 53 bits, and two people's ids could become one. */
class WrittenNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The claims of a token that has been verified, with numbers as they are written. */
export type Claims = Readonly<Record<string, unknown>>

/** Reads the claims of a token, which must have been verified. */
export function claimsOf(token: string): Claims {
  const [, payload = ''] = token.split('.')
  const text = new TextDecoder().decode(Buffer.from(payload, 'base64url'))
  return Object(JSON.parse(text, withWrittenNumber))
}

const withWrittenNumber = (_name: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' ? new WrittenNumber(context?.source ?? String(value)) : value

/**
 * Returns a claim by its name: the claim of exactly that name, else one within another claim, with dots between their names
 * (`realm_access.roles`). Names may have dots of their own. `null` is as if it were absent.
 */
export function claimNamed(claims: unknown, name: string): unknown {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined
  const own = (key: string): unknown => Object.getOwnPropertyDescriptor(claims, key)?.value ?? undefined
  const exact = own(name)
  if (exact !== undefined) return exact
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const within = claimNamed(own(name.slice(0, dot)), name.slice(dot + 1))
    if (within !== undefined) return within
  }
  return undefined
}

/** A claim as the id that events have as text: a text, or the digits of a whole number. Other numbers can be written in several ways. */
export function idOfClaim(claim: unknown): string | undefined {
  if (typeof claim === 'string') return claim
  return claim instanceof WrittenNumber && /^(0|-?[1-9]\d*)$/.test(claim.text) ? claim.text : undefined
}

/** Most people have no scope, and their identities are remembered: one set for all. */
const none: ReadonlySet<string> = new Set()

/** The scopes of a claim: a text that separates them by spaces, or a list of texts. Any other claim has none. */
export function scopesOfClaim(claim: unknown): ReadonlySet<string> {
  const scopes = typeof claim === 'string' ? claim.split(' ').filter(Boolean) : Array.isArray(claim) ? claim : []
  return scopes.length > 0 && scopes.every((scope) => typeof scope === 'string') ? new Set(scopes) : none
}
