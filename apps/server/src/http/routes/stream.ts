import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { serverErrors } from '../../errors.ts'
import { accepts } from '../accepts.ts'
import { identify, takeOne } from '../admission/identify.ts'
import type { AllowedOrigins } from '../allow-origins.ts'
import { eventStreamOutlet } from '../connections/event-stream-outlet.ts'
import { costOf, type ServeSocketOptions, serveSocket } from '../connections/serve-socket.ts'
import { wantedOf, withLastEventId } from '../connections/wanted.ts'
import { answers, StreamQuery } from '../schemas.ts'

/** Where the stream is. */
export const STREAM = '/v1/stream'

export interface StreamOptions extends ServeSocketOptions {
  readonly origins: AllowedOrigins
}

/** `GET /v1/stream`: changes as they happen, over WebSocket or as server-sent events. */
export async function streamRoutes(plain: FastifyInstance, { origins, ...options }: StreamOptions): Promise<void> {
  const { gate, sockets, waiting } = options
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
    preValidation: [
      async (request: FastifyRequest) => refuseForeignPage(request, origins),
      async (request: FastifyRequest) => {
        request.query = withLastEventId(request.query)
      },
    ],
    // The response of an upgrade is never sent, and would keep the whole request for as long as the socket lasts.
    preHandler: async ({ ws, raw }: FastifyRequest, reply: FastifyReply) => {
      if (ws) reply.raw.detachSocket(raw.socket)
    },
    handler: async (request, reply) => {
      // A body is not used here, and while one waits to be read Node does not report that its sender has gone.
      request.raw.resume()
      if (!accepts(request.headers.accept, 'text/event-stream')) throw serverErrors.NOT_ACCEPTABLE({})
      const identity = await identify(request, reply, gate)
      await takeOne(gate.limits.sockets, identity.person, reply)
      const begin = wantedOf(request)
      await takeOne(gate.limits.reads, identity.person, reply, costOf(begin))
      const { raw } = reply
      // A client that has gone meanwhile emits no other event, and its stream would stay open until its token expires.
      if (raw.destroyed) return void reply.hijack()
      const outlet = eventStreamOutlet(raw, waiting)
      // Headers go out with the first frame, so that too many connections can still be answered with a problem.
      const connection = sockets.open(outlet, { ...identity, ...begin })
      if (!connection) throw serverErrors.TOO_MANY_CONNECTIONS({ most: sockets.maxPerPerson })
      reply.hijack()
      raw.on('close', () => connection.closed())
      const headers = {
        ...reply.getHeaders(),
        'content-type': 'text/event-stream',
        'x-accel-buffering': 'no',
      }
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value)
      raw.flushHeaders()
    },
    wsHandler: (socket, request) => serveSocket(socket, request, wantedOf(request), options),
  })
}

/** A page of another site must not connect in its visitor's name; programs send no origin. */
function refuseForeignPage(request: FastifyRequest, origins: AllowedOrigins): void {
  const { origin, host } = request.headers
  if (origin === undefined || origins.hasOrIs(origin, host)) return
  throw serverErrors.ORIGIN_REFUSED({ origin: origin.slice(0, 200) })
}
