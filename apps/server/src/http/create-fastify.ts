import type { IncomingMessage, ServerOptions } from 'node:http'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'
import { serverLimits } from '../limits/server-limits.ts'
import { refuseEncodings } from './admission/content-encoding.ts'
import { answerClientError } from './client-errors.ts'
import { noRoute, notJson, sendProblem } from './problems.ts'
import { EVENTS } from './routes/events.ts'
import { STREAM } from './routes/stream.ts'
import { validatorCompiler } from './validator.ts'

/** How requests are read, on every port. */
export const serverOptions: ServerOptions = {
  requestTimeout: serverLimits.REQUEST_MS.most,
  // Node applies the shorter of these two alone while it is this one.
  headersTimeout: serverLimits.REQUEST_MS.most,
  maxHeaderSize: serverLimits.HEADERS.most,
  connectionsCheckingInterval: 1_000,
  // A request without it is answered with a problem, as any other request with a mistake is.
  requireHostHeader: false,
}

/** Whether the server is being closed. */
export interface Closing {
  isClosing: boolean
}

/** Makes the web framework's app, without routes: what it reads, and how it answers errors. */
export function createFastify(logger: Logger, closing: Closing): FastifyInstance {
  // The framework logs every request: only its warnings are kept.
  const quiet: FastifyBaseLogger = logger.child({}, logger.isLevelEnabled('warn') ? { level: 'warn' } : {})
  const app = fastify({
    loggerInstance: quiet,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: serverLimits.SMALL_BODY.most,
    requestTimeout: serverLimits.REQUEST_MS.most,
    // A graceful stop answers what is under way, and drops connections that only wait. New requests are refused by our own hook.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 2_048, ignoreTrailingSlash: true },
    // What never reaches a route, such as an address that cannot be decoded.
    frameworkErrors: sendProblem,
    clientErrorHandler: answerClientError,
    // The framework refuses what comes while it closes, but would leave the socket of an upgrade open behind its answer.
    http: { ...serverOptions, shouldUpgradeCallback: (request) => !closing.isClosing && wantsStream(request) },
  })
  app.removeAllContentTypeParsers()
  const parseJson = app.getDefaultJsonParser('error', 'error')
  // Many clients send the content type with every request, with a body or without.
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parseJson(request, String(body), done),
  )
  // An empty body needs no content type.
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : done(notJson(request)),
  )
  app.addHook('preParsing', async (request, reply) => {
    if (hasBody(request)) refuseEncodings(request, reply, request.routeOptions.url === EVENTS)
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) => sendProblem(noRoute(request), request, reply))
  return app
}

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** Every media type of JSON. */
const JSON_TYPE = /^(application|text)\/([^\s;]+\+)?json\s*(;|$)/i

/**
 * Only the stream becomes a WebSocket. Any other wish to upgrade is ignored, as HTTP allows: some clients request HTTP/2 with every
 * request, and are answered all the same.
 */
function wantsStream({ method, url = '', headers }: IncomingMessage): boolean {
  return (
    method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && pathOf(url)?.replace(/\/$/, '') === STREAM
  )
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
