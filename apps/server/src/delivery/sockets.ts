import type { Change, History, Inboxes, Log, Replay } from '@belfry/core'
import { serverLimits } from '../limits/server-limits.ts'
import type { SocketMetrics } from '../metrics/metrics.ts'
import { type Frame, framesOf, resetFrame } from './frames.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createReadings } from './readings.ts'
import type { Show } from './show-links.ts'

/** The far end of one connection, whatever carries it. */
export interface Outlet {
  /** Hands over frames in order; answers how many of them, before it had to give up. */
  send(frames: readonly Frame[]): number
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
  /** It has shown its person everything up to this number. */
  seen(head: number): void
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
  /** Somebody's inbox is at this number, as the store or somebody else has it: whoever is behind is read for. */
  heard(heads: Iterable<readonly [person: string, head: number]>): void
  /** Somebody's inbox, or anybody's, may have changed without a push: looks whether it has, once what is under way has ended. */
  look(person?: string): void
  /** Closes the connections of people who are erased, with 4001. */
  erase(people: readonly string[]): void
  /** Closes every connection with 1012, each at some moment of the next so many milliseconds; what comes later at once. */
  close(withinMs: number): Promise<void>
  /** Who is connected. */
  people(): Iterable<string>
  /** How many connections there are. */
  readonly count: number
  /** How many connections a person may have. */
  readonly mostPerPerson: number
}

export interface SocketsOptions {
  readonly history: History
  readonly inboxes: Inboxes
  readonly log: Log
  readonly metrics?: SocketMetrics
  /** Answers notifications as clients get them. */
  readonly show: Show
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** How many connections a person may have; the newest is refused. */
  readonly mostPerPerson?: number
  /** Told when somebody has a first connection, and when the last one is gone. */
  readonly onPresence?: (person: string, here: boolean) => void
}

interface Socket {
  readonly person: string
  readonly outlet: Outlet
  /** What its first frame begins with. */
  readonly wanted: Pick<OpenOptions, 'after' | 'epoch'>
  /** The inbox's number after what was sent; undefined before the first frame. */
  pushed: number | undefined
  /** The epoch that `pushed` is of. */
  epoch: string
  /** The highest number that is known of the inbox. */
  known: number
  /** The first number that was sent and not seen, and when (milliseconds since 1970). */
  unseen: { readonly head: number; readonly at: number } | undefined
}

/** What comes before its predecessor waits so long for it. */
const HOLD = 50
/** What nobody knows the end of has ended after so many milliseconds. */
const DOUBT = 2_000

const unmeasured: SocketMetrics = { frame() {}, resumed() {}, seen() {}, limited() {} }

export function createSockets({
  history,
  inboxes,
  log,
  show,
  metrics = unmeasured,
  clock = Date.now,
  mostPerPerson = serverLimits.CONNECTIONS.most,
  onPresence = () => {},
}: SocketsOptions): Sockets {
  const byPerson = new Map<string, Set<Socket>>()
  const held = new Set<string>()
  /** Whose inboxes may have changed without a push. */
  const doubted = new Set<string>()
  let closing = false
  const heartbeat = createHeartbeat<Socket>({
    clock,
    outletOf: ({ outlet }) => outlet,
    onExpired: (socket) => end(socket, 4001, 'token expired'),
    onSilent: (socket) => {
      remove(socket)
      socket.outlet.terminate()
    },
    onBeat: (socket, sent) => {
      if (sent) metrics.frame('ping')
      // The store's history may have been replaced by another without anything being pushed since.
      if (socket.epoch !== history.epoch) hold(socket.person)
    },
  })

  const remove = (socket: Socket) => {
    const own = byPerson.get(socket.person)
    if (!own?.delete(socket)) return
    heartbeat.remove(socket)
    if (own.size > 0) return
    byPerson.delete(socket.person)
    onPresence(socket.person, false)
  }
  const end = (socket: Socket, code: number, reason: string) => {
    remove(socket)
    socket.outlet.close(code, reason)
  }
  const send = (socket: Socket, frames: readonly Frame[], head: number) => {
    socket.pushed = head
    socket.known = Math.max(socket.known, head)
    const sent = socket.outlet.send(frames)
    for (const { type } of frames.slice(0, sent)) metrics.frame(type)
  }
  /** Whose numbers are of another history than the store's is now. */
  const isOfAnotherTime = ({ epoch }: Socket) => epoch !== history.epoch
  const reset = (socket: Socket, replay: Replay, epoch: string) => {
    socket.epoch = epoch
    socket.known = replay.head
    send(socket, [resetFrame(epoch, replay)], replay.head)
  }

  /** The first frame: what the client lacks, or the present head. */
  const greet = async (socket: Socket): Promise<void> => {
    const { person, wanted } = socket
    const { epoch } = history
    const another = wanted.epoch !== undefined && wanted.epoch !== epoch
    const replay: Replay = await inboxes.replay(person, another ? undefined : wanted.after)
    if (!byPerson.get(person)?.has(socket)) return
    socket.epoch = epoch
    send(socket, another ? [resetFrame(epoch, replay)] : framesOf(epoch, replay, show), replay.head)
  }

  /** Reads what a person's connections lack, once for all that are at the same number. */
  const catchUp = async (person: string): Promise<void> => {
    const inDoubt = doubted.delete(person)
    try {
      for (const socket of byPerson.get(person) ?? []) if (socket.pushed === undefined) await greet(socket)
      await follow(person, inDoubt)
    } catch (error) {
      if (inDoubt) doubted.add(person)
      throw error
    }
  }
  const follow = async (person: string, inDoubt: boolean): Promise<void> => {
    const begun = [...(byPerson.get(person) ?? [])].filter(({ pushed }) => pushed !== undefined)
    const stale = begun.filter(isOfAnotherTime)
    if (stale.length > 0) {
      // Named before it is read: should it change meanwhile, they are reset once more.
      const { epoch } = history
      const replay = await inboxes.replay(person, undefined)
      for (const socket of stale) if (byPerson.get(person)?.has(socket)) reset(socket, replay, epoch)
    }
    const isBehind = ({ pushed = 0, known }: Socket) => inDoubt || pushed < known
    const behind = begun.filter((socket) => !stale.includes(socket) && isBehind(socket))
    for (const [pushed, sockets] of Map.groupBy(behind, (socket) => socket.pushed)) {
      const { epoch } = history
      const replay = await inboxes.replay(person, pushed)
      const frames = framesOf(epoch, replay, show)
      for (const socket of sockets) {
        // What something else has brought on meanwhile may have been brought on less far.
        if (socket.pushed !== pushed || socket.epoch !== epoch) holdIfBehind(socket)
        // Its person was erased, and nobody has heard of it.
        else if (replay.head < (pushed ?? 0)) reset(socket, replay, epoch)
        else if (replay.head > (pushed ?? 0)) send(socket, frames, replay.head)
      }
    }
  }
  const hold = (person: string) => {
    if (held.has(person)) return
    held.add(person)
    setTimeout(() => {
      held.delete(person)
      readings.add(person)
    }, HOLD).unref()
  }
  const holdIfBehind = ({ person, pushed = 0, known }: Socket) => {
    if (pushed < known) hold(person)
  }
  const readings = createReadings({
    read: catchUp,
    log,
    onRefused(person) {
      for (const socket of byPerson.get(person) ?? [])
        if (socket.pushed === undefined || socket.pushed < socket.known || isOfAnotherTime(socket))
          end(socket, 1012, 'try again')
    },
  })

  const pushOne = (change: Change) => {
    const own = byPerson.get(change.person)
    if (!own) return
    let frames: readonly Frame[] | undefined
    for (const socket of own) {
      socket.known = Math.max(socket.known, change.head)
      if (isOfAnotherTime(socket)) hold(change.person)
      else if (socket.pushed === change.after) {
        frames ??= framesOf(history.epoch, { kind: 'changes', ...change }, show)
        send(socket, frames, change.head)
        if (change.items.some(({ seq }) => seq > change.after)) socket.unseen ??= { head: change.head, at: clock() }
      } else if (socket.pushed !== undefined && socket.pushed < change.head) hold(change.person)
    }
  }

  return {
    open(outlet, options) {
      const { person, expiresAt, after, epoch } = options
      const own = byPerson.get(person) ?? new Set<Socket>()
      if (own.size >= mostPerPerson) {
        metrics.limited('CONNECTIONS')
        return undefined
      }
      const socket: Socket = {
        ...{ person, outlet, wanted: { after, epoch } },
        ...{ pushed: undefined, epoch: history.epoch, known: 0, unseen: undefined },
      }
      byPerson.set(person, own.add(socket))
      if (own.size === 1) onPresence(person, true)
      heartbeat.add(socket, expiresAt)
      // Whoever was being let in when the closing began would stay for ever, and keep the server from ending.
      if (closing) queueMicrotask(() => end(socket, 1012, 'restarting'))
      if (after !== undefined) metrics.resumed()
      readings.add(person)
      return {
        heard: () => heartbeat.heard(socket),
        seen(head) {
          if (socket.unseen === undefined || head < socket.unseen.head) return
          metrics.seen((clock() - socket.unseen.at) / 1_000)
          socket.unseen = undefined
        },
        renew: (until) => heartbeat.renew(socket, until),
        closed: () => remove(socket),
      }
    },
    push(changes) {
      for (const change of changes) pushOne(change)
    },
    heard(heads) {
      for (const [person, head] of heads)
        for (const socket of byPerson.get(person) ?? []) {
          socket.known = Math.max(socket.known, head)
          // Whoever has no first frame yet gets it, and what is above it, in one go.
          if (isOfAnotherTime(socket) || (socket.pushed !== undefined && socket.pushed < head)) hold(person)
        }
    },
    look(person) {
      setTimeout(() => {
        for (const one of person === undefined ? byPerson.keys() : [person]) {
          if (!byPerson.has(one)) continue
          doubted.add(one)
          readings.add(one)
        }
      }, DOUBT).unref()
    },
    erase(people) {
      for (const person of people) for (const socket of byPerson.get(person) ?? []) end(socket, 4001, 'erased')
    },
    async close(withinMs) {
      closing = true
      heartbeat.stop()
      readings.stop()
      const all = [...byPerson.values()].flatMap((own) => [...own])
      await Promise.all(
        all.map(async (socket) => {
          // Not all at once, or they would all come back at once.
          await new Promise((resolve) => setTimeout(resolve, Math.random() * withinMs))
          end(socket, 1012, 'restarting')
        }),
      )
    },
    people: () => byPerson.keys(),
    mostPerPerson,
    get count() {
      return heartbeat.count
    },
  }
}
