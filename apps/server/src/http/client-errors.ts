import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { BelfryError } from '@belfry/contracts/errors'
import { serverErrors } from '../errors.ts'
import { problemOf } from './problems.ts'
import { securityHeaders } from './security-headers.ts'

/** Answers with a problem what Node could not read as a request: it never reaches a route. */
export function answerClientError(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined
  if (!socket.writable || code === 'ECONNRESET' || isAnswering(socket)) return void socket.destroy()
  answer(codedOf(code), socket)
}

/** Answers a WebSocket handshake that is not valid; the error's message is the reason. */
export function refuseHandshake({ message: why }: Error, socket: Duplex): void {
  answer(serverErrors.REQUEST_INVALID({ problems: why }), socket)
}

/** Whether another answer is on its way: this one would end up in the middle of it. Node checks the same property. */
function isAnswering(socket: Duplex): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse && response.headersSent
}

/** The connection ends with the answer. */
function answer(coded: BelfryError, socket: Duplex): void {
  const { status, title, problem } = problemOf(coded)
  const body = JSON.stringify(problem)
  const headers = {
    ...securityHeaders,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
}

function codedOf(code: unknown): BelfryError {
  if (code === 'HPE_HEADER_OVERFLOW') return serverErrors.HEADERS_TOO_LARGE({})
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return serverErrors.REQUEST_TIMED_OUT({})
  return serverErrors.REQUEST_INVALID({ problems: 'it is not HTTP' })
}
