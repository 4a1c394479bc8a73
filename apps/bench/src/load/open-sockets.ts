import { createHmac } from 'node:crypto'
import { WebSocket } from 'ws'
import type { LoadOptions } from './orders.ts'

const SOCKETS_AT_ONCE = 50
const TOKEN_SECONDS = 3_600

/** Returns the id of the person with this number. */
export const personAt = (index: number): string => `u${index}`

type Address = Pick<LoadOptions, 'protocol' | 'url' | 'secret'>

/** Each person whose number is a multiple of it is connected. */
export const strideOf = ({ people, sockets }: LoadOptions): number => Math.floor(people / sockets)

/** The numbers of the people who are connected. */
export const peopleOf = (options: LoadOptions): readonly number[] =>
  Array.from({ length: options.sockets }, (_, index) => index * strideOf(options))

/** Opens a socket for each of these people, some at a time, and resolves once all are open. `onText` receives every frame. */
export async function openSockets(
  address: Address,
  people: readonly number[],
  onText: (text: string) => void,
): Promise<void> {
  for (let from = 0; from < people.length; from += SOCKETS_AT_ONCE) {
    const wave = people.slice(from, from + SOCKETS_AT_ONCE)
    await Promise.all(wave.map((person) => openSocket(address, personAt(person), onText)))
  }
}

async function openSocket(
  { protocol, url, secret }: Address,
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
