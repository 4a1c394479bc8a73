import type { Change, Log, Replay, Store } from '@belfry/core'
import { type Frame, framesOf, ping, resetFrame } from './frames.ts'

/** The far end of one connection, whatever carries it. */
export interface Outlet {
  /** Hands over frames in order. */
  send(frames: readonly Frame[]): void
  /** Says goodbye with a code of docs/protocol.md. */
  close(code: number, reason: string): void
  /** Breaks the connection off: it has been silent for too long, or did not go when told. */
  terminate(): void
  /** Whether its silence means anything: server-sent events never answer. */
  readonly answers: boolean
}

/** One connection of one person, as whoever serves it sees it. */
export interface Connection {
  /** Something was heard of it. */
  heard(): void
  /** A fresh token is there, valid until then (milliseconds since 1970). */
  renew(expiresAt: number): void
  /** It is gone. */
  closed(): void
}

export interface OpenOptions {
  readonly person: string
  /** When its token expires, in milliseconds since 1970. */
  readonly expiresAt: number
  /** The client's number; without it, it begins at the present head. */
  readonly after?: number | undefined
  /** The epoch that `after` is of; without it only numbers are compared. */
  readonly epoch?: string | undefined
}

/** Everybody who is connected here. */
export interface Sockets {
  /** Takes a connection; undefined where its person has too many. The first frame follows by itself. */
  open(outlet: Outlet, options: OpenOptions): Connection | undefined
  /** Sends changes, just committed, to whom they belong. */
  push(changes: readonly Change[]): void
  /** Closes every connection with 1012, each at some moment of the next so many milliseconds; what comes later at once. */
  close(withinMs: number): Promise<void>
  /** How many connections there are. */
  readonly count: number
  /** How many connections a person may have. */
  readonly mostPerPerson: number
}

export interface SocketsOptions {
  readonly store: Pick<Store, 'epoch' | 'replay'>
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** How many connections a person may have; the newest is refused. */
  readonly mostPerPerson?: number
}

interface Socket {
  readonly person: string
  readonly outlet: Outlet
  /** The number that the client has been brought to; undefined until its first frame. */
  pushed: number | undefined
  /** The highest head that is known to be there. */
  known: number
  expiresAt: number
  heardAt: number
  slot: number
  expiry?: NodeJS.Timeout
}

/** Each connection is looked after once in so many seconds, a part of them each second. */
const ROUND = 25
const SILENCE = 60_000
/** A frame that comes before its predecessor waits so long for it. */
const HOLD = 50

export function createSockets({ store, log, clock = Date.now, mostPerPerson = 10 }: SocketsOptions): Sockets {
  const byPerson = new Map<string, Set<Socket>>()
  const held = new Set<string>()
  const wheel = Array.from({ length: ROUND }, () => new Set<Socket>())
  let turn = 0
  let closing = false
  let count = 0
  let next = 0

  const remove = (socket: Socket) => {
    const own = byPerson.get(socket.person)
    if (!own?.delete(socket)) return
    count--
    clearTimeout(socket.expiry)
    wheel[socket.slot]?.delete(socket)
    if (own.size === 0) byPerson.delete(socket.person)
  }
  const end = (socket: Socket, code: number, reason: string) => {
    remove(socket)
    socket.outlet.close(code, reason)
  }
  const send = (socket: Socket, frames: readonly Frame[], head: number) => {
    socket.pushed = head
    socket.known = Math.max(socket.known, head)
    socket.outlet.send(frames)
  }

  /** Reads what a person's connections lack, once for all that are at the same number. */
  const catchUp = async (person: string): Promise<void> => {
    const behind = [...(byPerson.get(person) ?? [])].filter(
      ({ pushed, known }) => pushed !== undefined && pushed < known,
    )
    for (const [pushed, sockets] of Map.groupBy(behind, (socket) => socket.pushed)) {
      const replay = await store.replay(person, pushed)
      const frames = framesOf(store.epoch, replay)
      // Only those that nothing else has brought on meanwhile.
      for (const socket of sockets)
        if (socket.pushed === pushed && replay.head > (pushed ?? 0)) send(socket, frames, replay.head)
    }
  }
  const hold = (person: string) => {
    if (held.has(person)) return
    held.add(person)
    setTimeout(() => {
      held.delete(person)
      catchUp(person).catch((error: unknown) => {
        log.warn({ err: error }, 'what connected people lack could not be read: they will reconnect')
        for (const socket of byPerson.get(person) ?? [])
          if ((socket.pushed ?? 0) < socket.known) end(socket, 1012, 'try again')
      })
    }, HOLD).unref()
  }

  /** The first frame: what the client lacks, or the present head. */
  const greet = async (socket: Socket, { person, after, epoch }: OpenOptions): Promise<void> => {
    const another = epoch !== undefined && epoch !== store.epoch
    const replay: Replay = await store.replay(person, another ? undefined : after)
    if (!byPerson.get(person)?.has(socket)) return
    send(socket, another ? [resetFrame(store.epoch, replay)] : framesOf(store.epoch, replay), replay.head)
    if (socket.known > replay.head) hold(person)
  }

  const pushOne = (change: Change) => {
    const own = byPerson.get(change.person)
    if (!own) return
    let frames: readonly Frame[] | undefined
    for (const socket of own) {
      socket.known = Math.max(socket.known, change.head)
      if (socket.pushed === change.after) {
        frames ??= framesOf(store.epoch, { kind: 'changes', ...change })
        send(socket, frames, change.head)
      } else if (socket.pushed !== undefined && socket.pushed < change.head) hold(change.person)
    }
  }

  const scheduleExpiry = (socket: Socket) => {
    clearTimeout(socket.expiry)
    const left = socket.expiresAt - clock()
    // Later ones are looked at again in the next round.
    if (left > (ROUND + 1) * 1_000) return
    socket.expiry = setTimeout(() => end(socket, 4001, 'token expired'), Math.max(0, left)).unref()
  }
  const lookAfter = (socket: Socket) => {
    if (socket.outlet.answers && clock() - socket.heardAt > SILENCE) {
      remove(socket)
      socket.outlet.terminate()
      return
    }
    scheduleExpiry(socket)
    socket.outlet.send([ping])
  }
  const timer = setInterval(() => {
    turn = (turn + 1) % ROUND
    for (const socket of wheel[turn] ?? []) lookAfter(socket)
  }, 1_000).unref()

  return {
    open(outlet, options) {
      const { person, expiresAt } = options
      const own = byPerson.get(person) ?? new Set<Socket>()
      if (own.size >= mostPerPerson) return undefined
      // The slot that was looked after last comes round in a whole round.
      const slot = next++ % ROUND
      const socket: Socket = { person, outlet, pushed: undefined, known: 0, expiresAt, heardAt: clock(), slot }
      byPerson.set(person, own.add(socket))
      wheel[slot]?.add(socket)
      count++
      // Whoever was being let in when the closing began would stay for ever, and keep the server from ending.
      if (closing) queueMicrotask(() => end(socket, 1012, 'restarting'))
      scheduleExpiry(socket)
      greet(socket, options).catch((error: unknown) => {
        log.warn({ err: error }, 'an inbox could not be read for a new connection: it will reconnect')
        end(socket, 1012, 'try again')
      })
      return {
        heard() {
          socket.heardAt = clock()
        },
        renew(until) {
          socket.expiresAt = until
          scheduleExpiry(socket)
        },
        closed: () => remove(socket),
      }
    },
    push(changes) {
      for (const change of changes) pushOne(change)
    },
    async close(withinMs) {
      closing = true
      clearInterval(timer)
      const all = [...byPerson.values()].flatMap((own) => [...own])
      await Promise.all(
        all.map(async (socket) => {
          // Not all at once, or they would all come back at once.
          await new Promise((resolve) => setTimeout(resolve, Math.random() * withinMs))
          end(socket, 1012, 'restarting')
        }),
      )
    },
    mostPerPerson,
    get count() {
      return count
    },
  }
}
