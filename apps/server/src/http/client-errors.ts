import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError } from 'fastify'
import { serverErrors } from '../errors.ts'
import { problemOf } from './problems.ts'
import { securityHeaders } from './security-headers.ts'

/** Answers what Node could not read as a request, and so never reaches a route, with a problem too. */
export function answerClientError(error: ConnectionError, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET' && !isAnswering(socket)) socket.write(textOf(error))
  socket.destroy()
}

/** Whether another answer is on its way: ours would end up in the middle of it. Node looks at the same property. */
function isAnswering(socket: Socket): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse && response.headersSent
}

function textOf(error: ConnectionError): string {
  const { status, title, problem } = problemOf(codedOf(error))
  const body = JSON.stringify(problem)
  const headers = {
    ...securityHeaders,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`
}

function codedOf({ code }: ConnectionError) {
  if (code === 'HPE_HEADER_OVERFLOW') return serverErrors.HEADERS_TOO_LARGE({})
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return serverErrors.REQUEST_TIMED_OUT({})
  return serverErrors.REQUEST_INVALID({ problems: 'it is no HTTP' })
}
