import { isTransient } from '@belfry/contracts/errors'
import type { Logger } from '@belfry/core'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Identity } from '../../auth/auth.ts'
import { type CloseReason, closeCodes, tooManyReads } from '../../delivery/close-codes.ts'
import type { Wanted } from '../../delivery/socket.ts'
import type { Connection, Sockets } from '../../delivery/sockets.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { bearerOf, type Gate, isFailedToken } from '../admission/identify.ts'
import { networkOf } from '../admission/network.ts'
import { frameOf } from './client-frame.ts'
import { closeCodeOf } from './close-socket.ts'
import { paceReading } from './read-pace.ts'
import { createRenewals } from './renewals.ts'
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
  { gate, sockets, metrics, waiting, logger, clock }: ServeSocketOptions,
): void {
  let connection: Connection | undefined
  let identity: Identity | undefined
  const outlet = webSocketOutlet(socket, request.raw.socket, waiting)
  const from = networkOf(request.ip)
  const pace = paceReading(socket, request.raw.socket, () => metrics.limited('READ_PACE'))

  // While tokens cannot be verified, a fresh one would not help.
  const refuse = (error: unknown, why: CloseReason) => outlet.close(isTransient(error) ? closeCodes.TRY_AGAIN : why)
  const verify = async (token: string | undefined) => {
    try {
      return await gate.auth.verify(token, from)
    } catch (error) {
      // It counts, but above the limit a socket is closed with the same code: a fresh token is what it needs.
      if (isFailedToken(error)) await gate.limits.failedTokens.take(from)
      throw error
    }
  }
  const renewals = createRenewals(async (token) => {
    if (socket.readyState !== socket.OPEN) return
    try {
      const fresh = await verify(token)
      if (fresh.person !== identity?.person) return outlet.close(closeCodes.OTHER_PERSON)
      connection?.renew(fresh.expiresAt)
    } catch (error) {
      refuse(error, closeCodes.FRESH_TOKEN_REFUSED)
    }
  }, clock)
  const receive = (data: Buffer) => {
    connection?.received()
    const frame = frameOf(data)
    if (frame === undefined) return outlet.close(closeCodes.BAD_FRAME)
    if (frame.type === 'seen') connection?.seen(frame.head)
    if (frame.type !== 'auth' || renewals.add(frame.token)) return
    metrics.limited('AUTH_FRAMES')
    outlet.close(closeCodes.TOO_MANY_AUTH_FRAMES)
  }
  const begin = async () => {
    try {
      identity = await verify(bearerOf(request) ?? tokenOfProtocols(request))
    } catch (error) {
      return refuse(error, closeCodes.TOKEN_REFUSED)
    }
    const { person } = identity
    const tooMany = await gate.limits.sockets.take(person)
    if (tooMany !== undefined) return outlet.close(closeCodes.TOO_MANY_NEW_CONNECTIONS)
    const wait = await gate.limits.reads.take(person, costOf(wanted))
    if (wait !== undefined) return outlet.close(tooManyReads(wait))
    if (socket.readyState !== socket.OPEN) return
    connection = sockets.open(outlet, { ...identity, ...wanted })
    if (!connection) outlet.close(closeCodes.TOO_MANY_CONNECTIONS)
  }

  socket.on('message', (data: Buffer) => {
    // A client may still be sending after it was closed, and would be closed again for each frame.
    if (socket.readyState === socket.OPEN) receive(data)
  })
  socket.on('pong', () => connection?.received())
  socket.on('close', (received) => {
    metrics.closed(closeCodeOf(socket, received))
    connection?.closed()
  })
  begin()
    .catch((error: unknown) => {
      logger.error({ err: error }, 'a socket could not be served')
      outlet.close(closeCodes.INTERNAL)
    })
    .finally(pace.begin)
}

/** What it costs to begin, in reads: the answer to a resume may be as large as many pages. */
export const costOf = ({ after }: Wanted): number => (after === undefined ? 1 : serverLimits.RESUME_COST.most)

/** Browsers cannot set headers on a WebSocket: they send the token as a second subprotocol. */
function tokenOfProtocols(request: FastifyRequest): string | undefined {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return protocols.find((name) => /^bearer\./i.test(name))?.slice('bearer.'.length)
}
