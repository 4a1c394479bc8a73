import { serverLimits } from '../limits/server-limits.ts'
import { ping } from './frames.ts'
import type { Outlet } from './sockets.ts'

export interface HeartbeatOptions<Socket> {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly outletOf: (socket: Socket) => Outlet
  /** Its token has expired. */
  readonly onExpired: (socket: Socket) => void
  /** Nothing was heard of it for a minute. */
  readonly onSilent: (socket: Socket) => void
  /** Its turn has come; `sent` says whether it could be sent a ping. */
  readonly onBeat: (socket: Socket, sent: boolean) => void
}

/** Looks after connections: each gets a ping every 25 seconds, is let go after a minute of silence, and ends with its token. */
export interface Heartbeat<Socket> {
  /** `expiresAt` is when its token expires, in milliseconds since 1970. */
  add(socket: Socket, expiresAt: number): void
  heard(socket: Socket): void
  renew(socket: Socket, expiresAt: number): void
  remove(socket: Socket): void
  stop(): void
  readonly count: number
}

interface Life {
  expiresAt: number
  heardAt: number
  readonly slot: number
  expiry?: NodeJS.Timeout
}

/** Each connection has its turn once in so many seconds: one timer for all costs less than one for each. */
const ROUND = 25
const SILENCE = serverLimits.SILENCE_MS.most

export function createHeartbeat<Socket>(options: HeartbeatOptions<Socket>): Heartbeat<Socket> {
  const { clock, outletOf, onExpired, onSilent, onBeat } = options
  const lives = new Map<Socket, Life>()
  const wheel = Array.from({ length: ROUND }, () => new Set<Socket>())
  let turn = 0
  let next = 0

  const scheduleExpiry = (socket: Socket, life: Life) => {
    clearTimeout(life.expiry)
    const left = life.expiresAt - clock()
    // Later ones are looked at again in the next round.
    if (left > (ROUND + 1) * 1_000) return
    life.expiry = setTimeout(() => onExpired(socket), Math.max(0, left)).unref()
  }
  const beat = (socket: Socket) => {
    const life = lives.get(socket)
    if (life === undefined) return
    if (outletOf(socket).answers && clock() - life.heardAt > SILENCE) return onSilent(socket)
    scheduleExpiry(socket, life)
    onBeat(socket, outletOf(socket).send([ping]) > 0)
  }
  const timer = setInterval(() => {
    turn = (turn + 1) % ROUND
    for (const socket of wheel[turn] ?? []) beat(socket)
  }, 1_000).unref()

  return {
    add(socket, expiresAt) {
      // The slot that had its turn last comes round in a whole round.
      const life: Life = { expiresAt, heardAt: clock(), slot: next++ % ROUND }
      lives.set(socket, life)
      wheel[life.slot]?.add(socket)
      scheduleExpiry(socket, life)
    },
    heard(socket) {
      const life = lives.get(socket)
      if (life) life.heardAt = clock()
    },
    renew(socket, expiresAt) {
      const life = lives.get(socket)
      if (life === undefined) return
      life.expiresAt = expiresAt
      scheduleExpiry(socket, life)
    },
    remove(socket) {
      const life = lives.get(socket)
      if (life === undefined) return
      clearTimeout(life.expiry)
      wheel[life.slot]?.delete(socket)
      lives.delete(socket)
    },
    stop: () => clearInterval(timer),
    get count() {
      return lives.size
    },
  }
}
