import { createCheck } from '@belfry/contracts/check'
import { BelfryError } from '@belfry/contracts/errors'
import type { Log } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import type { WebSocket } from 'ws'
import type { Identity } from '../auth/auth.ts'
import { serverErrors } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Connection, Sockets } from '../sockets/sockets.ts'
import { bearerOf, type Gate, identify, isFailedToken, takeOne } from './identify.ts'
import { networkOf } from './network.ts'
import { closeCodeOf, eventStreamOutlet, webSocketOutlet } from './outlets.ts'
import { answers, StreamQuery } from './schemas.ts'

/** Where the stream is. */
export const STREAM = '/v1/stream'

/** What a client may say. */
const ClientFrame = Type.Union([
  Type.Object({ type: Type.Literal('pong') }),
  Type.Object({ type: Type.Literal('seen'), head: Type.Integer({ minimum: 0 }) }),
  Type.Object({ type: Type.Literal('auth'), token: Type.String({ minLength: 1, maxLength: 16_384 }) }),
])
const checkFrame = createCheck(ClientFrame)

export interface StreamOptions {
  readonly gate: Gate
  readonly sockets: Sockets
  readonly metrics: Pick<Metrics, 'closed'>
  readonly allowedOrigins: ReadonlySet<string>
  readonly log: Log
}

/** `GET /v1/stream`: changes as they happen, over WebSocket or as server-sent events. */
export async function streamRoutes(
  plain: FastifyInstance,
  { gate, sockets, metrics, allowedOrigins, log }: StreamOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  app.route({
    method: 'GET',
    url: STREAM,
    // A stream has no head.
    exposeHeadRoute: false,
    schema: {
      tags: ['Inbox'],
      summary: 'Follow the inbox live',
      description:
        'A WebSocket of the subprotocol belfry.v1 (docs/protocol.md has the frames), or the same frames as server-sent events.',
      security: [{ bearer: [] }],
      querystring: StreamQuery,
      produces: ['text/event-stream'],
      response: answers({ 200: Type.String({ description: 'frames, each an event' }) }, [400, 401, 403, 406, 429, 503]),
    },
    preValidation: async (request) => refuseForeignPage(request, allowedOrigins),
    handler: async (request, reply) => {
      // A body is of no use here, and while one waits to be read nothing says that its sender has gone.
      request.raw.resume()
      if (!/text\/event-stream|\*\/\*|text\/\*/.test(request.headers.accept ?? '*/*'))
        throw serverErrors.NOT_ACCEPTABLE({})
      const identity = await identify(request, reply, gate)
      await takeOne(gate.limits.sockets, identity.person, reply)
      const { raw } = reply
      // Whoever has gone meanwhile says so no more, and a stream that nobody reads would be theirs until its token expires.
      if (raw.destroyed) return void reply.hijack()
      const resumed = resumeOf(request.headers['last-event-id'])
      const begin = { ...request.query, ...resumed }
      const outlet = eventStreamOutlet(raw)
      // Headers go out with the first frame, so that too many connections can still be answered with a problem.
      const connection = sockets.open(outlet, { ...identity, ...begin })
      if (!connection) throw serverErrors.TOO_MANY_CONNECTIONS({ most: sockets.mostPerPerson })
      reply.hijack()
      raw.on('close', () => connection.closed())
      const headers = {
        ...reply.getHeaders(),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      }
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value)
      raw.flushHeaders()
    },
    wsHandler: (socket, request) => serveSocket(socket, request, request.query as Static<typeof StreamQuery>),
  })

  /** Serves one socket. Its listeners are there before anything is waited for, or messages would be lost. */
  function serveSocket(socket: WebSocket, request: FastifyRequest, query: Static<typeof StreamQuery>): void {
    let connection: Connection | undefined
    let identity: Identity | undefined
    const waiting: Buffer[] = []
    const outlet = webSocketOutlet(socket)
    // Where nobody can tell whether a token is good, a fresh one would not help.
    const refuse = (error: unknown, why: string) =>
      isKeysUnavailable(error) ? outlet.close(1012, 'try again') : outlet.close(4001, why)
    const verify = async (token: string | undefined) => {
      try {
        return await gate.auth.verify(token)
      } catch (error) {
        // It counts, but a socket is told the same above the limit: a fresh token is what it needs.
        if (isFailedToken(error)) await gate.limits.failedTokens.take(networkOf(request.ip))
        throw error
      }
    }
    const receive = (data: Buffer) => {
      connection?.heard()
      const frame = frameOf(data)
      if (frame === undefined) return outlet.close(4002, 'bad frame')
      if (frame.type === 'auth') void renew(frame.token)
      if (frame.type === 'seen') connection?.seen(frame.head)
    }
    const renew = async (token: string) => {
      try {
        const fresh = await verify(token)
        if (fresh.person !== identity?.person) return outlet.close(4001, 'token of another person')
        connection?.renew(fresh.expiresAt)
      } catch (error) {
        refuse(error, 'token not valid')
      }
    }
    socket.on('message', (data: Buffer) => {
      // Whoever was told to go may still be talking, and each word would be answered anew.
      if (socket.readyState !== socket.OPEN) return
      if (connection) receive(data)
      else if (waiting.length < 16) waiting.push(data)
    })
    socket.on('pong', () => connection?.heard())
    socket.on('close', (heard) => {
      metrics.closed(closeCodeOf(socket, heard))
      connection?.closed()
    })
    const begin = async () => {
      try {
        identity = await verify(bearerOf(request) ?? tokenOfProtocols(request))
      } catch (error) {
        return refuse(error, 'token missing, wrong or expired')
      }
      const tooMany = await gate.limits.sockets.take(identity.person)
      if (socket.readyState !== socket.OPEN) return
      if (tooMany !== undefined) return outlet.close(4010, 'too many new connections')
      connection = sockets.open(outlet, { ...identity, ...query })
      if (!connection) return outlet.close(4010, 'too many connections')
      for (const data of waiting.splice(0)) receive(data)
    }
    begin().catch((error: unknown) => {
      log.error({ err: error }, 'a socket could not be served')
      outlet.close(1011, 'internal')
    })
  }
}

/** A page of another site must not connect in its visitor's name; programs send no origin. */
function refuseForeignPage(request: FastifyRequest, allowed: ReadonlySet<string>): void {
  const { origin, host } = request.headers
  if (origin === undefined || allowed.has(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host) return
  throw serverErrors.ORIGIN_REFUSED({ origin: origin.slice(0, 200) })
}

/** Browsers cannot set headers on a WebSocket: they send the token as a second subprotocol. */
function tokenOfProtocols(request: FastifyRequest): string | undefined {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return protocols.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length)
}

const isKeysUnavailable = (error: unknown): boolean =>
  error instanceof BelfryError && error.code === serverErrors.KEYS_UNAVAILABLE.code

/** No inbox comes so far: whoever claims to have so much is told to load everything anew. */
const BEYOND = 2_147_483_647

/** `<epoch>/<head>` of the last event that an EventSource got; anything else is of no stream of ours, and resumes nothing. */
function resumeOf(id: string | string[] | undefined): { after: number; epoch?: string } | undefined {
  if (id === undefined || id === '') return undefined
  const [, epoch, head] = (typeof id === 'string' && /^(.{1,128})\/(\d{1,10})$/.exec(id)) || []
  return epoch === undefined ? { after: BEYOND } : { epoch, after: Math.min(Number(head), BEYOND) }
}

function frameOf(data: Buffer): Static<typeof ClientFrame> | undefined {
  try {
    const frame: unknown = JSON.parse(data.toString('utf8'))
    return isFrame(frame) ? frame : undefined
  } catch {
    return undefined
  }
}

const isFrame = (frame: unknown): frame is Static<typeof ClientFrame> => checkFrame(frame).length === 0
