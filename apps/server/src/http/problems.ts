import { shorten } from '@belfry/contracts/check'
import { BelfryError } from '@belfry/contracts/errors'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits/server-limits.ts'
import { titles } from './schemas.ts'
import { securityHeaders } from './security-headers.ts'

/** The status of each code; a code that is not here is invalid input. */
const statuses: Readonly<Record<string, number>> = {
  TOKEN_MISSING: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  KEY_INVALID: 401,
  SCOPE_MISSING: 403,
  ORIGIN_REFUSED: 403,
  NOT_FOUND: 404,
  TOPIC_UNKNOWN: 404,
  PARTITION_UNKNOWN: 404,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMED_OUT: 408,
  DEAD_LETTER_FOLLOWED: 409,
  POSITION_MOVED: 409,
  BODY_TOO_LARGE: 413,
  EVENT_TOO_LARGE: 413,
  CONTENT_TYPE_UNSUPPORTED: 415,
  CONTENT_TYPE_NOT_JSON: 415,
  CONTENT_ENCODING_UNSUPPORTED: 415,
  DEAD_LETTER_FAILED_AGAIN: 422,
  RETRY_IMPOSSIBLE: 422,
  TOO_MANY_CONNECTIONS: 429,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  STORE_REFUSED: 500,
  STORE_UNAVAILABLE: 503,
  LOG_UNAVAILABLE: 503,
  KEYS_UNAVAILABLE: 503,
  INTAKE_INTERRUPTED: 503,
  STOPPING: 503,
}

/** An error as clients see it: the status, its name, and the problem (RFC 9457). */
export function problemOf(coded: BelfryError) {
  const status = statuses[coded.code] ?? 400
  const title = titles[status] ?? 'Problem'
  // Why a store refused is in the log alone: it may quote what others wrote.
  const shown = status === 500 ? serverErrors.INTERNAL({}) : coded
  const problem = {
    type: `urn:belfry:error:${shown.code}`,
    title,
    status,
    detail: shorten(shown.sentence, serverLimits.DETAIL.most),
    code: shown.code,
    ...(shown.remedy !== undefined && { remedy: shorten(shown.remedy, serverLimits.DETAIL.most) }),
    ...(shown.problems.length > 0 && { errors: shown.problems }),
  }
  return { status, title, problem }
}

/** Answers with the problem of an error. An error without a code is logged, and shown as INTERNAL: nothing of it is shown. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const coded = codedOf(error, request)
  const { status, problem } = problemOf(coded)
  if (status >= 500) request.log.error({ err: error, code: coded.code }, 'a request failed')
  if (status === 401)
    reply.header('www-authenticate', coded.code === 'TOKEN_MISSING' ? 'Bearer' : 'Bearer error="invalid_token"')
  // A limit has set the seconds that are left.
  if ((status === 503 || status === 429) && !reply.hasHeader('retry-after')) reply.header('retry-after', '1')
  void reply
    // What never reaches a route has passed no hook.
    .headers(securityHeaders)
    .code(status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem)
}

/** The error with a code for an error of Fastify's. */
function codedOf(error: unknown, request: FastifyRequest): BelfryError {
  if (error instanceof BelfryError) return error
  const { code, statusCode, message } = asFastifyError(error)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return serverErrors.BODY_TOO_LARGE({ what: 'the body', most: request.routeOptions.bodyLimit })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return notJson(request)
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return serverErrors.REQUEST_INVALID({ problems: 'a part of its address is too long' })
  if (code === 'FST_ERR_BAD_URL') return serverErrors.REQUEST_INVALID({ problems: 'its address cannot be decoded' })
  // The files of /docs are served by their own names alone.
  if (statusCode === 403) return noRoute(request)
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return serverErrors.BODY_INVALID({ why: message })
  return serverErrors.INTERNAL({}, { cause: error })
}

/** The body has another content type. */
export const notJson = ({ headers }: FastifyRequest): BelfryError =>
  serverErrors.CONTENT_TYPE_NOT_JSON({ found: shorten(headers['content-type'] ?? '') || 'missing' })

/** There is no such route. */
export const noRoute = ({ method, url }: FastifyRequest): BelfryError =>
  serverErrors.NOT_FOUND({ what: `route ${method} ${shorten(url.split('?', 1)[0] ?? '')}` })

function asFastifyError(error: unknown): Partial<FastifyError> & { message: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const statusCode = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined
  return {
    message: error.message,
    ...(code !== undefined && { code }),
    ...(statusCode !== undefined && { statusCode }),
  }
}
