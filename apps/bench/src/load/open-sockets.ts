import { setTimeout as pass } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Address, LoadOptions, Returns } from './orders.ts'
import { tokenFor } from './token.ts'

const SOCKETS_AT_ONCE = 50

/** Returns the id of the person with this number. */
export const personAt = (index: number): string => `u${index}`

/** Each person whose number is a multiple of it is connected. */
export const strideOf = ({ people, sockets }: LoadOptions): number => Math.floor(people / sockets)

/** The numbers of the people who are connected. */
export const peopleOf = (options: LoadOptions): readonly number[] =>
  Array.from({ length: options.sockets }, (_, index) => index * strideOf(options))

/** Where sockets are opened, what receives every frame, and whether they return. */
export interface Sockets extends Address {
  readonly returns?: Returns
  onText(text: string): void
  /** A connection was broken by its client. */
  onCut?(): void
}

/** Opens a socket for each of these people, some at a time, and resolves once all are open. */
export async function openSockets(sockets: Sockets, people: readonly number[]): Promise<void> {
  for (let from = 0; from < people.length; from += SOCKETS_AT_ONCE) {
    const wave = people.slice(from, from + SOCKETS_AT_ONCE)
    await Promise.all(wave.map((person) => openSocket(sockets, personAt(person))))
  }
}

/** What a client of Belfry has: it returns with it. */
interface Mine {
  readonly head: number
  readonly epoch: string
}

/** Opens a socket, and resolves at its first frame, or when it is open where the service sends none first. */
async function openSocket(sockets: Sockets, person: string, mine?: Mine): Promise<void> {
  const { protocol, returns, onText, onCut } = sockets
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(sockets, person, mine)
  let has = mine
  socket.on('message', (bytes) => {
    const text = String(bytes)
    if (returns !== undefined && protocol === 'belfry') has = mineIn(text) ?? has
    onText(text)
  })
  // Belfry's first frame states where the inbox is: from there on nothing is missed.
  socket.once(protocol === 'belfry' ? 'message' : 'open', () => resolve())
  if (returns === undefined) {
    socket.on('error', reject)
    return promise
  }
  socket.on('error', () => {})
  const cut =
    returns.cutEveryMs === undefined
      ? undefined
      : setTimeout(() => {
          onCut?.()
          socket.terminate()
        }, spread(returns.cutEveryMs))
  socket.on('close', async () => {
    clearTimeout(cut)
    await pass(spread(returns.awayMs))
    await openSocket(sockets, person, has)
    resolve()
  })
  return promise
}

function connect({ protocol, url, secret }: Sockets, person: string, mine: Mine | undefined): WebSocket {
  if (protocol === 'plain') return new WebSocket(`${url}?user=${person}`)
  const after = mine === undefined ? '' : `?after=${mine.head}&epoch=${encodeURIComponent(mine.epoch)}`
  return new WebSocket(`${url}${after}`, ['belfry.v1'], {
    headers: { authorization: `Bearer ${tokenFor(person, secret)}` },
  })
}

function mineIn(text: string): Mine | undefined {
  const { head, epoch } = JSON.parse(text)
  return typeof head === 'number' ? { head, epoch } : undefined
}

/** A fifth more or less. */
const spread = (ms: number) => ms * (0.8 + 0.4 * Math.random())
