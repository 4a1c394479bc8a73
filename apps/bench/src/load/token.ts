import { createHmac } from 'node:crypto'

const TOKEN_SECONDS = 3_600

/** Signs a token of this person, with HS256; `scope` is that of an operator or a producer. */
export function tokenFor(person: string, secret: string, scope?: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const seconds = Math.floor(Date.now() / 1_000)
  const claims = { sub: person, iat: seconds, exp: seconds + TOKEN_SECONDS, ...(scope === undefined ? {} : { scope }) }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
