import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

/** Serves a JSON Web Key Set on this machine. Undefined is an outage, `hang` never answers, another text is sent as it is. */
export async function serveKeys(first: unknown) {
  let answer = first
  let count = 0
  const server = createServer((_request, response) => {
    count++
    if (answer === 'hang') return void hanging.push(response)
    reply(response)
  })
  const hanging: ServerResponse[] = []
  const reply = (response: ServerResponse) => {
    response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  return {
    url: `http://127.0.0.1:${address.port}/jwks.json`,
    /** How often it was asked. */
    count: () => count,
    /** What it answers from now on. */
    answer(next: unknown) {
      answer = next
    },
    /** What it answers from now on, and to those that it has left waiting. */
    release(next: unknown) {
      answer = next
      for (const response of hanging.splice(0)) reply(response)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
