import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { AllowedOrigins, allowOrigins, answerPreflights } from './allow-origins.ts'
import { registerApiDocs } from './api-docs.ts'
import { guardConnections } from './connections/guard-connections.ts'
import { createUnreadAnswers } from './connections/unread-answers.ts'
import { type Closing, createFastify, serverOptions } from './create-fastify.ts'
import { createDocsFiles } from './docs-files.ts'
import { createOpsServer } from './ops-server.ts'
import { type RoutesOptions, registerRoutes } from './register-routes.ts'
import { addRequestRules } from './request-rules.ts'
import { registerWebSockets } from './web-sockets.ts'

export interface AppOptions extends RoutesOptions {
  /** When it closes, each socket closes at a random moment within this number of milliseconds. */
  readonly drainMs?: number
}

/** The HTTP and WebSocket side of Belfry: the public port, and that for operators where they have one. Closing the first closes both. */
export interface App {
  readonly app: FastifyInstance
  readonly opsServer: Server | undefined
}

/** Makes the HTTP and WebSocket side of Belfry; it does not listen yet. */
export async function createApp({ drainMs = 2_000, ...options }: AppOptions): Promise<App> {
  const { config, delivery, metrics, logger, version } = options
  const closing: Closing = { isClosing: false }
  const app = createFastify(logger, closing)
  const ops = config.http.ops_port === undefined ? undefined : createOpsServer(app, serverOptions)
  const origins = new AllowedOrigins(config.http.allowed_origins)
  allowOrigins(app, origins)
  addRequestRules(app, ops, closing)
  answerPreflights(app, origins)
  const fromMemory = createDocsFiles()
  const countUnread = createUnreadAnswers(() => metrics.limited('ANSWERS'))
  app.addHook('onSend', async (request, reply, payload) => {
    // What is sent as bytes is the same for all, and costs nothing while it waits.
    if (typeof payload === 'string') countUnread(request.raw.socket, reply.raw, Buffer.byteLength(payload))
    return await fromMemory(payload)
  })
  const breakSilentOff = guardConnections(app, ops?.server, config.http.max_connections, metrics)
  // Before the routes, or an upgrade that is refused by a hook leaks its socket.
  await registerWebSockets(app, {
    async onClose() {
      closing.isClosing = true
      await delivery.sockets.close(drainMs)
    },
    breakSilentOff,
  })
  await registerApiDocs(app, version)
  await registerRoutes(app, options)
  return { app, opsServer: ops?.server }
}
