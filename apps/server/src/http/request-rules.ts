import type { FastifyInstance } from 'fastify'
import { serverErrors } from '../errors.ts'
import type { Closing } from './create-fastify.ts'
import { isForOperators, type OpsServer } from './ops-server.ts'
import { noRoute } from './problems.ts'
import { LIVE } from './routes/health.ts'
import { securityHeaders } from './security-headers.ts'

/** What holds for every request before its route: which port it belongs on, what is refused while closing, and headers of its answer. */
export function addRequestRules(app: FastifyInstance, ops: OpsServer | undefined, closing: Closing): void {
  app.addHook('onRequest', async (request, reply) => {
    // Its connection was broken off, and it came together with what was too much.
    if (request.raw.socket.destroyed) return void reply.hijack()
    reply.headers(securityHeaders)
    // Files are sent whole: no answer here is large enough to be requested in parts.
    delete request.headers.range
    const route = request.routeOptions.url
    if (closing.isClosing && route !== LIVE) throw serverErrors.STOPPING({})
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      throw serverErrors.REQUEST_INVALID({ problems: 'it has no Host header' })
    if (ops !== undefined && route !== undefined && route !== LIVE && isForOperators(route) !== ops.took(request))
      throw noRoute(request)
  })
  // What was under way when the closing began is answered, and its connection would stay open for more.
  app.addHook('onSend', async (_request, reply) => {
    if (closing.isClosing) reply.header('connection', 'close')
  })
}
