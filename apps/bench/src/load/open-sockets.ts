import { createHmac } from 'node:crypto'
import { WebSocket } from 'ws'
import type { LoadOptions } from './orders.ts'

const SOCKETS_AT_ONCE = 50
const TOKEN_SECONDS = 3_600

/** Returns the id of the person with this number. */
export const personAt = (index: number): string => `u${index}`

/** Opens a socket for each of the people who are connected, and resolves once all are open. `onText` receives every frame. */
export async function openSockets(options: LoadOptions, onText: (text: string) => void): Promise<readonly WebSocket[]> {
  const stride = strideOf(options)
  const opened: WebSocket[] = []
  while (opened.length < options.sockets) {
    const count = Math.min(SOCKETS_AT_ONCE, options.sockets - opened.length)
    const wave = Array.from({ length: count }, (_, index) =>
      openSocket(options, personAt((opened.length + index) * stride), onText),
    )
    opened.push(...(await Promise.all(wave)))
  }
  return opened
}

/** Each person whose number is a multiple of it is connected. */
export const strideOf = ({ people, sockets }: LoadOptions): number => Math.floor(people / sockets)

async function openSocket(
  { protocol, url, secret }: LoadOptions,
  person: string,
  onText: (text: string) => void,
): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  const socket =
    protocol === 'belfry'
      ? new WebSocket(url, ['belfry.v1'], { headers: { authorization: `Bearer ${tokenFor(person, secret)}` } })
      : new WebSocket(`${url}?user=${person}`)
  socket.on('message', (bytes) => onText(String(bytes)))
  // Belfry's first frame states where the inbox is: from there on nothing is missed.
  socket.once(protocol === 'belfry' ? 'message' : 'open', () => resolve(socket))
  socket.on('error', reject)
  return promise
}

/** Signs a token of this person, with HS256; `scope` is that of an operator or a producer. */
export function tokenFor(person: string, secret: string, scope?: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const seconds = Math.floor(Date.now() / 1_000)
  const claims = { sub: person, iat: seconds, exp: seconds + TOKEN_SECONDS, ...(scope === undefined ? {} : { scope }) }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
