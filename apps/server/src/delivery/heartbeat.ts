import { serverLimits } from '../limits/server-limits.ts'
import type { Socket } from './socket.ts'

export interface HeartbeatOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Its token has expired. */
  readonly onExpired: (socket: Socket) => void
  /** Nothing was received from it for a minute. */
  readonly onSilent: (socket: Socket) => void
  /** It was sent a ping, if it could be. */
  readonly onBeat: (socket: Socket) => void
}

/** Pings each connection every 25 seconds, and reports those that are silent for a minute and those whose token expires. */
export interface Heartbeat {
  /** `expiresAt` is when its token expires, in milliseconds since 1970. */
  add(socket: Socket, expiresAt: number): void
  /** Something was received from it. */
  received(socket: Socket): void
  renew(socket: Socket, expiresAt: number): void
  remove(socket: Socket): void
  stop(): void
  readonly count: number
}

interface Life {
  expiresAt: number
  receivedAt: number
  readonly slot: number
  expiry?: NodeJS.Timeout
}

/** Seconds in which each connection has one turn: one timer for all costs less than one for each. */
const ROUND_SECONDS = 25
const MAX_SILENCE_MS = serverLimits.SILENCE_MS.most

export function createHeartbeat({ clock, onExpired, onSilent, onBeat }: HeartbeatOptions): Heartbeat {
  const lives = new Map<Socket, Life>()
  const wheel = Array.from({ length: ROUND_SECONDS }, () => new Set<Socket>())
  let turn = 0
  let next = 0

  const scheduleExpiry = (socket: Socket, life: Life) => {
    clearTimeout(life.expiry)
    const left = life.expiresAt - clock()
    // Those that expire later are scheduled in a later round.
    if (left > (ROUND_SECONDS + 1) * 1_000) return
    life.expiry = setTimeout(() => onExpired(socket), Math.max(0, left)).unref()
  }
  const beat = (socket: Socket) => {
    const life = lives.get(socket)
    if (life === undefined) return
    if (socket.outlet.answers && clock() - life.receivedAt > MAX_SILENCE_MS) return onSilent(socket)
    scheduleExpiry(socket, life)
    socket.ping()
    onBeat(socket)
  }
  const timer = setInterval(() => {
    turn = (turn + 1) % ROUND_SECONDS
    for (const socket of wheel[turn] ?? []) beat(socket)
  }, 1_000).unref()

  return {
    add(socket, expiresAt) {
      // The slot that had its turn last comes round in a whole round.
      const life: Life = { expiresAt, receivedAt: clock(), slot: next++ % ROUND_SECONDS }
      lives.set(socket, life)
      wheel[life.slot]?.add(socket)
      scheduleExpiry(socket, life)
    },
    received(socket) {
      const life = lives.get(socket)
      if (life) life.receivedAt = clock()
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
