import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { serverErrors } from '../errors.ts'
import { problemOf } from './problems.ts'

/** Answers what is no HTTP that can be read, and so reaches no route, with a problem; the connection ends with it. */
export function refuseUnreadable(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const coded =
    code === 'HPE_HEADER_OVERFLOW'
      ? serverErrors.HEADERS_TOO_LARGE({})
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? serverErrors.REQUEST_TIMED_OUT({})
        : serverErrors.REQUEST_INVALID({ problems: 'it is no HTTP that can be read' })
  writeProblem(coded, socket)
}

/** Answers a request to become a WebSocket that is none, as `why` says. */
export function refuseHandshake({ message: why }: Error, socket: Duplex): void {
  writeProblem(serverErrors.REQUEST_INVALID({ problems: why }), socket)
}

function writeProblem(error: unknown, socket: Duplex): void {
  const { status, headers, body } = problemOf(error)
  const lines = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
}
