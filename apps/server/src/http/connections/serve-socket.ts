import type { Duplex } from 'node:stream'
import { isTransient } from '@belfry/contracts/errors'
import type { Logger } from '@belfry/core'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Identity } from '../../auth/auth.ts'
import { type CloseReason, closeCodes, tooManyReads } from '../../delivery/close-codes.ts'
import type { Outlet } from '../../delivery/outlet.ts'
import type { Wanted } from '../../delivery/socket.ts'
import type { Connection, Sockets } from '../../delivery/sockets.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { bearerOf, type Gate, isFailedToken } from '../admission/identify.ts'
import { networkOf } from '../admission/network.ts'
import { frameOf } from './client-frame.ts'
import { closeBrokenSocket, closeCodeOf } from './close-socket.ts'
import { PacedReading } from './read-pace.ts'
import { createRenewals, type Renewals } from './renewals.ts'
import type { WaitingBytes } from './waiting-bytes.ts'
import { webSocketOutlet } from './web-socket-outlet.ts'

export interface ServeSocketOptions {
  readonly gate: Gate
  readonly sockets: Sockets
  readonly metrics: Pick<Metrics, 'closed' | 'limited'>
  readonly waiting: WaitingBytes
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** Serves one WebSocket. It adds its listeners before it waits for anything, or messages would be lost. */
export function serveSocket(
  socket: WebSocket,
  request: FastifyRequest,
  wanted: Wanted,
  options: ServeSocketOptions,
): void {
  const { raw, ip } = request
  new ServedSocket(socket, raw.socket, networkOf(ip), options).begin(
    bearerOf(request) ?? tokenOfProtocols(request),
    wanted,
  )
}

/** One WebSocket. It lasts for hours, so it keeps nothing of its request, which is several times as large. */
class ServedSocket {
  readonly #socket: WebSocket
  readonly #outlet: Outlet
  readonly #reading: PacedReading
  /** The network of its client. */
  readonly #from: string
  readonly #options: ServeSocketOptions
  #connection: Connection | undefined
  #person: string | undefined
  #renewals: Renewals | undefined

  constructor(socket: WebSocket, raw: Duplex, from: string, options: ServeSocketOptions) {
    const { waiting, metrics } = options
    this.#socket = socket
    this.#outlet = webSocketOutlet(socket, raw, waiting)
    this.#reading = new PacedReading(socket, raw, metrics)
    this.#from = from
    this.#options = options
    // The listener of the framework keeps the request.
    socket.removeAllListeners('error')
    socket.on('error', (error) => this.#broken(error))
    socket.on('message', (data: Buffer) => this.#receive(data))
    socket.on('pong', () => this.#connection?.received())
    socket.on('close', (code) => this.#closed(code))
  }

  begin(token: string | undefined, wanted: Wanted): void {
    this.#open(token, wanted)
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'a socket could not be served')
        this.#outlet.close(closeCodes.INTERNAL)
      })
      .finally(() => this.#reading.begin())
  }

  async #open(token: string | undefined, wanted: Wanted): Promise<void> {
    const { gate, sockets } = this.#options
    const identity = await this.#verify(token, closeCodes.TOKEN_REFUSED)
    if (identity === undefined) return
    const { person, expiresAt } = identity
    this.#person = person
    const tooMany = await gate.limits.sockets.take(person)
    if (tooMany !== undefined) return this.#outlet.close(closeCodes.TOO_MANY_NEW_CONNECTIONS)
    const wait = await gate.limits.reads.take(person, costOf(wanted))
    if (wait !== undefined) return this.#outlet.close(tooManyReads(wait))
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#connection = sockets.open(this.#outlet, { person, expiresAt, ...wanted })
    if (!this.#connection) this.#outlet.close(closeCodes.TOO_MANY_CONNECTIONS)
  }

  /** Closes where the token is refused, and returns undefined. */
  async #verify(token: string | undefined, why: CloseReason): Promise<Identity | undefined> {
    const { auth, limits } = this.#options.gate
    try {
      return await auth.verify(token, this.#from)
    } catch (error) {
      // It counts, but above the limit a socket is closed with the same code: a fresh token is what it needs.
      if (isFailedToken(error)) await limits.failedTokens.take(this.#from)
      // While tokens cannot be verified, a fresh one would not help.
      this.#outlet.close(isTransient(error) ? closeCodes.TRY_AGAIN : why)
      return undefined
    }
  }

  async #renew(token: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const fresh = await this.#verify(token, closeCodes.FRESH_TOKEN_REFUSED)
    if (fresh === undefined) return
    if (fresh.person === this.#person) this.#connection?.renew(fresh.expiresAt)
    else this.#outlet.close(closeCodes.OTHER_PERSON)
  }

  #receive(data: Buffer): void {
    // A client may still be sending after it was closed, and would be closed again for each frame.
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#connection?.received()
    const frame = frameOf(data)
    if (frame === undefined) this.#outlet.close(closeCodes.BAD_FRAME)
    else if (frame.type === 'seen') this.#connection?.seen(frame.head)
    else if (frame.type === 'auth') this.#addRenewal(frame.token)
  }

  #addRenewal(token: string): void {
    const { metrics, clock } = this.#options
    this.#renewals ??= createRenewals((next) => this.#renew(next), clock)
    if (this.#renewals.add(token)) return
    metrics.limited('AUTH_FRAMES')
    this.#outlet.close(closeCodes.TOO_MANY_AUTH_FRAMES)
  }

  #broken(error: Error): void {
    this.#options.logger.debug({ err: error }, 'a socket broke the rules')
    this.#reading.end()
    closeBrokenSocket(this.#socket, error)
  }

  #closed(code: number): void {
    this.#options.metrics.closed(closeCodeOf(this.#socket, code))
    this.#connection?.closed()
  }
}

/** What it costs to begin, in reads: the answer to a resume may be as large as many pages. */
export const costOf = ({ after }: Wanted): number => (after === undefined ? 1 : serverLimits.RESUME_COST.most)

/** Browsers cannot set headers on a WebSocket: they send the token as a second subprotocol. */
function tokenOfProtocols(request: FastifyRequest): string | undefined {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return protocols.find((name) => /^bearer\./i.test(name))?.slice('bearer.'.length)
}
