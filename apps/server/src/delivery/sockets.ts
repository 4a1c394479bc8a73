import type { Change, History, Inboxes, Logger } from '@belfry/core'
import { serverLimits } from '../limits/server-limits.ts'
import type { SocketMetrics } from '../metrics/metrics.ts'
import { type CatchUp, createCatchUp } from './catch-up.ts'
import { type CloseReason, closeCodes } from './close-codes.ts'
import { type Frame, framesOf } from './frames.ts'
import { createHeartbeat, type Heartbeat } from './heartbeat.ts'
import type { Outlet } from './outlet.ts'
import { type PackedFrames, unpackFrames } from './packed-frames.ts'
import type { Show } from './show.ts'
import { Socket, type Wanted } from './socket.ts'

/** One connection of one person, for what carries it. */
export interface Connection {
  /** Something was received from the client. */
  received(): void
  /** The client has shown its person everything up to this number. */
  seen(head: number): void
  /** The client has sent a fresh token, valid until then (milliseconds since 1970). */
  renew(expiresAt: number): void
  /** The connection is gone. */
  closed(): void
}

export interface OpenOptions extends Wanted {
  readonly person: string
  /** When its token expires, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** All connections of this instance. */
export interface Sockets {
  /** Takes a connection; undefined where its person has too many. The first frame follows by itself. */
  open(outlet: Outlet, options: OpenOptions): Connection | undefined
  /** Sends changes that were just committed to the connections of their people. */
  push(changes: readonly Change[]): void
  /** Does so with frames that another thread has made. */
  pushFrames(frames: PackedFrames): void
  /** Learns the heads of inboxes, from the store or from another instance: connections that are behind are sent what they lack. */
  learnHeads(heads: Iterable<readonly [person: string, head: number]>): void
  /**
   * A change of a person's inbox, or of any, may have been committed without a push: connections are sent what they lack, once what is
   * under way has ended.
   */
  unconfirmed(person?: string): void
  /** Closes the connections of people who are erased. */
  erase(people: readonly string[]): void
  /** Closes every connection, each at a random moment within `withinMs` milliseconds; those that open later at once. */
  close(withinMs: number): Promise<void>
  /** The people who are connected. */
  people(): Iterable<string>
  /** How many connections there are. */
  readonly count: number
  /** How many connections a person may have. */
  readonly maxPerPerson: number
}

export interface SocketsOptions {
  readonly history: History
  readonly inboxes: Inboxes
  readonly logger: Logger
  readonly metrics?: SocketMetrics
  /** Returns notifications as clients get them. */
  readonly show: Show
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** How many connections a person may have; the newest is refused. */
  readonly maxPerPerson?: number
  /** Called when a person has a first connection (`here`), and when the last one is gone. */
  readonly onPresence?: (person: string, here: boolean) => void
  /** Called with what was withdrawn before a connection was read for, because it had expired; the other connections get it by `push`. */
  readonly onChange?: (change: Change) => void
}

const unmeasured: SocketMetrics = { frame() {}, resumed() {}, seen() {}, limited() {} }

export function createSockets(options: SocketsOptions): Sockets {
  return new OpenSockets(options)
}

/** The methods of connections, of each socket. */
type Reports = {
  readonly [name in keyof Connection]: (socket: Socket, ...rest: Parameters<Connection[name]>) => void
}

class SocketConnection implements Connection {
  readonly #socket: Socket
  readonly #reports: Reports

  constructor(socket: Socket, reports: Reports) {
    this.#socket = socket
    this.#reports = reports
  }

  received(): void {
    this.#reports.received(this.#socket)
  }

  seen(head: number): void {
    this.#reports.seen(this.#socket, head)
  }

  renew(expiresAt: number): void {
    this.#reports.renew(this.#socket, expiresAt)
  }

  closed(): void {
    this.#reports.closed(this.#socket)
  }
}

/** From one number of an inbox to another. */
type Step = Pick<Change, 'person' | 'after' | 'head'>

class OpenSockets implements Sockets {
  readonly maxPerPerson: number
  readonly #history: History
  readonly #show: Show
  readonly #metrics: SocketMetrics
  readonly #clock: () => number
  readonly #onPresence: (person: string, here: boolean) => void
  readonly #catchUp: CatchUp
  readonly #heartbeat: Heartbeat
  /** A list is replaced and never changed: it takes less memory than a set, and may be walked while sockets come and go. */
  readonly #byPerson = new Map<string, readonly Socket[]>()
  /** What connections report, the same for all: functions of their own would take 0.3 KB of each. */
  readonly #reports: Reports = {
    received: (socket) => this.#heartbeat.received(socket),
    seen: (socket, head) => this.#seen(socket, head),
    renew: (socket, until) => this.#heartbeat.renew(socket, until),
    closed: (socket) => this.#remove(socket),
  }
  #isClosing = false

  constructor({
    history,
    inboxes,
    logger,
    show,
    metrics = unmeasured,
    clock = Date.now,
    maxPerPerson,
    onPresence,
    onChange = (change) => this.push([change]),
  }: SocketsOptions) {
    this.maxPerPerson = maxPerPerson ?? serverLimits.CONNECTIONS.most
    this.#history = history
    this.#show = show
    this.#metrics = metrics
    this.#clock = clock
    this.#onPresence = onPresence ?? (() => {})
    this.#catchUp = createCatchUp({
      history,
      inboxes,
      sockets: this.#byPerson,
      show,
      logger,
      onChange,
      onRefused: (socket) => this.#end(socket, closeCodes.TRY_AGAIN),
    })
    this.#heartbeat = createHeartbeat({
      clock,
      onExpired: (socket) => this.#end(socket, closeCodes.TOKEN_EXPIRED),
      onSilent: (socket) => {
        this.#remove(socket)
        socket.outlet.terminate()
      },
      onBeat: (socket) => {
        // The store's history may have been replaced by another without anything being pushed since.
        if (socket.hasStaleEpoch(history.epoch)) this.#catchUp.scheduleCatchUp(socket.person)
      },
    })
  }

  open(outlet: Outlet, { person, expiresAt, after, epoch }: OpenOptions): Connection | undefined {
    const own = this.#byPerson.get(person) ?? []
    if (own.length >= this.maxPerPerson) {
      this.#metrics.limited('CONNECTIONS')
      return undefined
    }
    const { epoch: storeEpoch } = this.#history
    const socket = new Socket({ person, outlet, wanted: { after, epoch }, epoch: storeEpoch, metrics: this.#metrics })
    this.#byPerson.set(person, own.concat(socket))
    if (own.length === 0) this.#onPresence(person, true)
    this.#heartbeat.add(socket, expiresAt)
    // One that was being opened when the closing began would stay for ever, and keep the server from ending.
    if (this.#isClosing) queueMicrotask(() => this.#end(socket, closeCodes.RESTARTING))
    if (after !== undefined) this.#metrics.resumed()
    this.#catchUp.add(person)
    return new SocketConnection(socket, this.#reports)
  }

  push(changes: readonly Change[]): void {
    for (const change of changes) {
      const { person, after, items } = change
      if (!this.#byPerson.has(person)) continue
      let frames: readonly Frame[] | undefined
      const framesOfChange = () =>
        (frames ??= framesOf(this.#history.epoch, { kind: 'changes', ...change }, this.#show))
      const hasArrival = items.some(({ seq }) => seq > after)
      this.#push(change, hasArrival, framesOfChange)
    }
  }

  pushFrames(packed: PackedFrames): void {
    for (const push of unpackFrames(packed)) this.#push(push, push.hasArrival, () => push.frames)
  }

  learnHeads(heads: Iterable<readonly [person: string, head: number]>): void {
    for (const [person, head] of heads)
      for (const socket of this.#byPerson.get(person) ?? []) {
        socket.learnHead(head)
        // A connection without a first frame gets that, and what is above it, in one go.
        const isBehind = socket.pushed !== undefined && socket.pushed < head
        if (isBehind || socket.hasStaleEpoch(this.#history.epoch)) this.#catchUp.scheduleCatchUp(person)
      }
  }

  unconfirmed(person?: string): void {
    this.#catchUp.unconfirmed(person)
  }

  erase(people: readonly string[]): void {
    for (const person of people)
      for (const socket of this.#byPerson.get(person) ?? []) this.#end(socket, closeCodes.ERASED)
  }

  async close(withinMs: number): Promise<void> {
    this.#isClosing = true
    this.#heartbeat.stop()
    this.#catchUp.stop()
    const all = [...this.#byPerson.values()].flat()
    await Promise.all(
      all.map(async (socket) => {
        // Not all at once, or they would all come back at once.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * withinMs))
        this.#end(socket, closeCodes.RESTARTING)
      }),
    )
  }

  people(): Iterable<string> {
    return this.#byPerson.keys()
  }

  get count(): number {
    return this.#heartbeat.count
  }

  #push({ person, after, head }: Step, hasArrival: boolean, frames: () => readonly Frame[]): void {
    const { epoch } = this.#history
    for (const socket of this.#byPerson.get(person) ?? []) {
      socket.learnHead(head)
      if (socket.hasStaleEpoch(epoch)) this.#catchUp.scheduleCatchUp(person)
      else if (socket.pushed === after) {
        socket.send(frames(), head)
        if (hasArrival) socket.noteArrival(head, this.#clock())
      } else if (socket.pushed !== undefined && socket.pushed < head) this.#catchUp.scheduleCatchUp(person)
    }
  }

  #seen(socket: Socket, head: number): void {
    const waitedMs = socket.seen(head, this.#clock())
    if (waitedMs !== undefined) this.#metrics.seen(waitedMs / 1_000)
  }

  #end(socket: Socket, why: CloseReason): void {
    this.#remove(socket)
    socket.outlet.close(why)
  }

  #remove(socket: Socket): void {
    const own = this.#byPerson.get(socket.person)
    if (!own?.includes(socket)) return
    this.#heartbeat.remove(socket)
    const left = own.filter((one) => one !== socket)
    if (left.length > 0) this.#byPerson.set(socket.person, left)
    else {
      this.#byPerson.delete(socket.person)
      this.#onPresence(socket.person, false)
    }
  }
}
