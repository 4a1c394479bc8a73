import type { IncomingMessage, Server, ServerOptions } from 'node:http'
import type { Change, GivenBack, Host, Intake, Publisher, Redone, Source, Store, Upkeep } from '@belfry/core'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import websocket from '@fastify/websocket'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Auth } from '../auth/auth.ts'
import type { DevTokens } from '../auth/dev-tokens.ts'
import type { Show } from '../delivery/show-links.ts'
import type { Sockets } from '../delivery/sockets.ts'
import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Readiness } from '../metrics/readiness.ts'
import { createOperatorTurns } from './admission/operator-turns.ts'
import type { Limits } from './admission/rate-limits.ts'
import { createTurns } from './admission/turns.ts'
import { answerClientError, refuseHandshake } from './client-errors.ts'
import { type GuardOptions, guardServer } from './connections/guard-server.ts'
import { closeSocket, letGo } from './connections/outlets.ts'
import { trackSilentConnections } from './connections/silent-connections.ts'
import { createUnreadAnswers } from './connections/unread-answers.ts'
import { createWaitingBytes } from './connections/waiting-bytes.ts'
import { createDocsFiles } from './docs-files.ts'
import { closeServer, createOpsServer, isForOperators } from './ops-server.ts'
import { noRoute, sendProblem } from './problems.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { devTokenRoutes } from './routes/dev-token.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes, LIVE } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { opsRoutes } from './routes/ops.ts'
import { peopleRoutes } from './routes/people.ts'
import { STREAM, streamRoutes } from './routes/stream.ts'
import { securityHeaders } from './security-headers.ts'
import { validatorCompiler } from './validator.ts'

export interface AppOptions {
  readonly host: Host
  readonly store: Store
  readonly source: Pick<Source, 'progress'>
  readonly publisher: Publisher
  readonly sockets: Sockets
  readonly intake: Intake
  readonly upkeep: Pick<Upkeep, 'wake'>
  readonly retry: (id: number, force: boolean) => Promise<GivenBack>
  /** Tells connected people, here and elsewhere, that they are erased. */
  readonly onErased: (people: readonly string[]) => void
  /** Hands changes to the sockets. */
  readonly push: (changes: readonly Change[]) => void
  /** Answers notifications as clients get them. */
  readonly show: Show
  /** How every part is. */
  readonly readiness: () => Promise<Readiness>
  readonly metrics: Metrics
  readonly auth: Auth
  readonly limits: Limits
  /** Only on the embedded default, while it listens on loopback. */
  readonly devTokens?: DevTokens
  /** Whether operators and probes have a port of their own, and are served on no other. */
  readonly hasOpsPort?: boolean
  /** The most connections of the public port. */
  readonly maxConnections?: number
  /** Pages of these origins may connect and call, beside our own. */
  readonly allowedOrigins?: readonly string[]
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** When it closes, sockets close at random moments of so many milliseconds. */
  readonly drainMs?: number
  readonly version: string
}

/** How requests are read, on every port. */
const serverOptions: ServerOptions = {
  requestTimeout: serverLimits.REQUEST_MS.most,
  // Node looks at the first of the two alone while it is the longer one.
  headersTimeout: serverLimits.REQUEST_MS.most,
  maxHeaderSize: serverLimits.HEADERS.most,
  connectionsCheckingInterval: 1_000,
  // We say so ourselves, as of every other request that is not as it should be.
  requireHostHeader: false,
}

/** The HTTP and WebSocket side of Belfry: the public port, and that for operators where they have one. Closing the first closes both. */
export interface App {
  readonly app: FastifyInstance
  readonly opsServer: Server | undefined
}

/** Makes the HTTP and WebSocket side of Belfry; it does not listen yet. */
export async function createApp(options: AppOptions): Promise<App> {
  const {
    host,
    store: { history, inboxes, deadLetters, people },
    source,
    publisher,
    sockets,
    auth,
    limits,
    devTokens,
    intake,
    upkeep,
    retry,
    push,
    show,
    onErased,
    readiness,
    metrics,
    log,
    clock = Date.now,
    drainMs = 2_000,
    version,
    hasOpsPort = false,
    maxConnections = serverLimits.HTTP_CONNECTIONS.most,
  } = options
  const allowedOrigins = new Set(options.allowedOrigins)
  // Requests are no news: what the web framework says is kept from warnings on.
  const quiet: FastifyBaseLogger = log.child({}, log.isLevelEnabled('warn') ? { level: 'warn' } : {})
  let closing = false
  const app = fastify({
    loggerInstance: quiet,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: serverLimits.SMALL_BODY.most,
    requestTimeout: serverLimits.REQUEST_MS.most,
    // A graceful stop answers what is under way, and drops connections that only wait. What comes meanwhile we refuse ourselves.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 2_048 },
    // What never reaches a route, such as an address that cannot be decoded.
    frameworkErrors: sendProblem,
    clientErrorHandler: answerClientError,
    // The framework refuses what comes while it closes, but would leave the socket of an upgrade open behind its answer.
    http: { ...serverOptions, shouldUpgradeCallback: (request) => !closing && wantsStream(request) },
  })
  const ops = hasOpsPort ? createOpsServer(app, serverOptions) : undefined
  app.removeContentTypeParser('text/plain')
  // Where nothing is sent, nobody needs to say of what type it is.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
    body === '' ? done(null, undefined) : done(serverErrors.CONTENT_TYPE_NOT_JSON({})),
  )
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) => sendProblem(noRoute(request), request, reply))
  app.addHook('onRequest', async (request, reply) => {
    // Its connection was broken off, and it came together with what was too much.
    if (request.raw.socket.destroyed) return void reply.hijack()
    reply.headers(securityHeaders)
    // Files are sent whole: no answer here is worth asking for in parts.
    delete request.headers.range
    const route = request.routeOptions.url
    if (closing && route !== LIVE) throw serverErrors.STOPPING({})
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      throw serverErrors.REQUEST_INVALID({ problems: 'it has no Host header' })
    if (ops !== undefined && route !== undefined && route !== LIVE && isForOperators(route) !== ops.took(request))
      throw noRoute(request)
  })
  // Whatever was under way when it began to close is answered, and its connection would wait for more.
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  allowOrigins(app, allowedOrigins)
  const fromMemory = createDocsFiles()
  const holdAnswer = createUnreadAnswers(() => metrics.limited('ANSWERS'))
  app.addHook('onSend', async (request, reply, payload) => {
    // What is sent as bytes is the same for all, and costs nothing while it waits.
    if (typeof payload === 'string') holdAnswer(request.raw.socket, reply.raw, Buffer.byteLength(payload))
    return await fromMemory(payload)
  })

  const limited = (name: 'HTTP_CONNECTIONS' | 'OPS_CONNECTIONS') => (limit: 'connections' | 'pipelined') =>
    metrics.limited(limit === 'pipelined' ? 'PIPELINED' : name)
  const breakSilentOff = guard(app.server, maxConnections, limited('HTTP_CONNECTIONS'))
  if (ops) {
    const { server } = ops
    const breakSilentOpsOff = guard(server, serverLimits.OPS_CONNECTIONS.most, limited('OPS_CONNECTIONS'))
    // Probes are answered while the public port drains.
    app.addHook('onClose', async () => {
      breakSilentOpsOff()
      await closeServer(server)
    })
  }
  // First of all, or an upgrade that is refused by a hook leaks its socket.
  await app.register(websocket, {
    options: {
      maxPayload: serverLimits.FRAME.most,
      perMessageDeflate: false,
      // The types of the library do not have it yet.
      ...{ maxPendingAutoPongs: serverLimits.PINGS.most },
      maxFragments: serverLimits.FRAGMENTS.most,
      maxBufferedChunks: serverLimits.CHUNKS.most,
      handleProtocols: (names) => (names.has('belfry.v1') ? 'belfry.v1' : false),
    },
    // What is no WebSocket any more is the client's doing, and no news. The library has sent 1002, 1007 or 1009 by now: breaking off
    // at once would take it back.
    errorHandler: (error, socket, request) => {
      request.log.debug({ err: error }, 'a socket broke the rules')
      letGo(socket, error)
    },
    preClose: async () => {
      closing = true
      await sockets.close(drainMs)
      // Whoever still waits to be let in goes too.
      for (const socket of app.websocketServer.clients) closeSocket(socket, 1012, 'restarting')
      breakSilentOff()
    },
  })
  app.websocketServer.on('wsClientError', refuseHandshake)
  await app.register(swagger, { openapi: openApi(version) })
  /** Written once: it is what it was when all routes were there. */
  let document: Buffer | undefined
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    theme: { title: 'Belfry' },
    uiConfig: { layout: 'BaseLayout' },
    uiHooks: {
      onRequest: async (request, reply) => {
        if (request.routeOptions.url !== '/docs/json') return
        document ??= Buffer.from(JSON.stringify(app.swagger()))
        await reply.type('application/json; charset=utf-8').send(document)
      },
    },
  })
  const gate = { auth, limits }
  const turns = createTurns({
    ...{ atOnce: serverLimits.PERSON_AT_ONCE.most, waiting: serverLimits.PERSON_WAITING.most },
    onBeyond: () => metrics.limited('PERSON_WAITING'),
  })
  const operators = createOperatorTurns(() => metrics.limited('OPERATORS_WAITING'))
  const waiting = createWaitingBytes()
  await app.register(eventRoutes, { gate, contracts: host.contracts, publisher, metrics, clock })
  await app.register(notificationRoutes, { gate, turns, history, inboxes, push, show })
  await app.register(streamRoutes, { gate, sockets, metrics, allowedOrigins, waiting, log, clock })
  await app.register(opsRoutes, { gate, operators, host, source, intake, clock })
  const onGivenBack = (done: Redone) => {
    const { changes, erased, fanOuts } = done.applied
    push(changes)
    metrics.gaveBack(done)
    onErased(erased)
    if (fanOuts > 0) upkeep.wake()
  }
  await app.register(deadLetterRoutes, { gate, operators, deadLetters, retry, onGivenBack })
  await app.register(peopleRoutes, { gate, operators, inboxes, people, onErased, clock })
  await app.register(healthRoutes, { readiness, version })
  await app.register(metricsRoutes, { metrics })
  if (devTokens) await app.register(devTokenRoutes, { devTokens, limits })
  return { app, opsServer: ops?.server }
}

/** What both ports have in common, before anything is known of a request. Answers what breaks connections off that are silent. */
function guard(server: Server, connections: number, onBeyond: GuardOptions['onBeyond']): () => void {
  guardServer(server, { connections, onBeyond })
  // Whatever a client expects, it gets the answer that everybody gets.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  return trackSilentConnections(server)
}

/**
 * Only the stream becomes a WebSocket. Any other wish to upgrade is passed over, as HTTP has it: some clients wish for HTTP/2 with
 * every request, and are answered all the same.
 */
function wantsStream({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && pathOf(url) === STREAM
}

/** The path of an address as the routes read it: the same path can be written in several ways. */
function pathOf(url: string): string | undefined {
  const [path = ''] = url.split(/[?#]/, 1)
  try {
    return decodeURI(path)
  } catch {
    return undefined
  }
}

/** Lets pages of these origins call, and no others: a browser keeps an answer from a page that is not allowed. */
function allowOrigins(app: FastifyInstance, allowed: ReadonlySet<string>): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined || !allowed.has(origin)) return
    reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', 'retry-after')
      .header('vary', 'origin')
    if (request.method !== 'OPTIONS') return
    await reply
      .header('access-control-allow-methods', 'GET, POST, PATCH')
      .header('access-control-allow-headers', 'authorization, content-type, last-event-id')
      .header('access-control-max-age', '600')
      .code(204)
      .send()
  })
}

function openApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Belfry',
      version,
      description: 'Notifications of a booking platform: events in, an inbox per person, live.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' },
        accessKey: { type: 'http' as const, scheme: 'bearer' },
      },
    },
  }
}
