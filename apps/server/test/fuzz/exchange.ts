import { Agent, type IncomingMessage, request } from 'node:http'
import type { Sent } from './requests.ts'

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Of a stream, what came first. */
  readonly body: string
}

/** No answer may take so many milliseconds. */
const PATIENCE = 20_000

/** A client that sends requests as they are, however odd, over connections that are kept. */
export function openClient(url: string) {
  const { hostname, port, host } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })

  /** Undefined where the server broke off while it was being sent too much. */
  const send = ({ method, address, headers, body }: Sent) =>
    new Promise<Answer | undefined>((resolve, reject) => {
      const length = body === undefined ? undefined : Buffer.byteLength(body)
      const all = [
        ...(headers.some(([name]) => name === 'host') ? [] : [['host', host] as const]),
        ...headers,
        ...(length === undefined ? [] : [['content-length', String(length)] as const]),
      ]
      const sending = request({ hostname, port, method, path: address, agent, headers: all.flat(), timeout: PATIENCE })
      sending.on('timeout', () => sending.destroy(new Error('no answer in time')))
      sending.on('error', (error) => (length !== undefined && length > 1_000_000 ? resolve(undefined) : reject(error)))
      sending.on('response', (response) => {
        const chunks: Buffer[] = []
        const done = () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          })
        // Whoever cannot be read gets a body even with HEAD, and nothing here expects one.
        if (method === 'HEAD') done()
        response.on('error', reject)
        response.on('end', done)
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          if (response.headers['content-type'] !== 'text/event-stream') return
          done()
          response.off('error', reject).on('error', () => {})
          response.destroy()
        })
      })
      sending.end(body)
    })
  return { send, [Symbol.dispose]: () => agent.destroy() }
}
