import type { FastifyInstance } from 'fastify'
import { originOf } from '../config/origin.ts'

/** The pages and apps that may connect: the configured ones, compared in one form. */
export class AllowedOrigins {
  readonly #allowed: ReadonlySet<string | undefined>
  /** How many there are. */
  readonly count: number

  /** @param configured `http.allowed_origins` */
  constructor(configured: readonly string[]) {
    this.#allowed = new Set(configured.map(originOf))
    this.count = configured.length
  }

  has(origin: string): boolean {
    const form = originOf(origin)
    return form !== undefined && this.#allowed.has(form)
  }

  /** The same, and for a page that Belfry serves itself: its origin is the Host of its request. */
  hasOrIs(origin: string, host: string | undefined): boolean {
    if (this.has(origin)) return true
    const [scheme] = /^https?:\/\//i.exec(origin) ?? []
    const form = originOf(origin)
    return scheme !== undefined && form !== undefined && form === originOf(`${scheme}${host}`)
  }
}

/** What pages send beside what every page may: trace context of their telemetry, and what clients of event streams set. */
const ALLOWED_HEADERS =
  'authorization, content-type, last-event-id, traceparent, tracestate, baggage, cache-control, accept, x-requested-with'

/**
 * Lets pages of these origins call, and no others: a browser keeps an answer from a page that is not allowed. It comes before every other
 * rule, so that a page can read a refusal too.
 */
export function allowOrigins(app: FastifyInstance, origins: AllowedOrigins): void {
  app.addHook('onRequest', async (request, reply) => {
    if (origins.count > 0) reply.header('vary', 'origin')
    const { origin } = request.headers
    if (origin === undefined || !origins.has(origin)) return
    reply
      .header('access-control-allow-origin', origin)
      // Some clients of event streams send all requests with credentials. No cookie means anything here, and each origin is named.
      .header('access-control-allow-credentials', 'true')
      .header('access-control-expose-headers', 'retry-after')
  })
}

/** Answers the browser's request whether a page may call, on every route. */
export function answerPreflights(app: FastifyInstance, origins: AllowedOrigins): void {
  app.addHook('onRequest', async ({ method, headers: { origin } }, reply) => {
    if (method !== 'OPTIONS' || origin === undefined || !origins.has(origin)) return
    await reply
      .header('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
      .header('access-control-allow-headers', ALLOWED_HEADERS)
      .header('access-control-max-age', '600')
      .code(204)
      .send()
  })
}
