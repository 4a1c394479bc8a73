import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerClientError } from './client-errors.ts'

/** A port of its own for operators and probes, served by the same routes as the public one. */
export interface OpsServer {
  readonly server: Server
  /** Whether a request came to this port. */
  took(request: FastifyRequest): boolean
}

/** Makes the server of the port for operators; it does not listen yet. The stream is public: a request to upgrade is ignored. */
export function createOpsServer(app: FastifyInstance, options: ServerOptions): OpsServer {
  const taken = new WeakSet<IncomingMessage>()
  const { keepAliveTimeout } = app.server
  const server = createServer(
    { ...options, keepAliveTimeout, shouldUpgradeCallback: () => false },
    (request, response) => {
      taken.add(request)
      app.routing(request, response)
    },
  )
  server.on('clientError', answerClientError)
  return { server, took: ({ raw }) => taken.has(raw) }
}

/** Whether a route is for operators and probes; /live is on both ports, for every probe of the process. */
export const isForOperators = (route: string): boolean => /^\/(ready$|metrics$|docs(\/|$)|v1\/ops\/)/.test(route)

/** Closes a server, whether or not it listens: what is under way is answered first. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await closed
}
