import type { Server } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'
import type { Config } from '../config/schema.ts'
import { together } from '../engines/together.ts'
import { serverErrors } from '../errors.ts'

/** The codes of the system, in words. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EACCES: 'this process has no right to use it',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine has no addresses of that kind',
  EAI_AGAIN: 'no name server has an address for it',
  ENOTFOUND: 'this machine has no such address',
}

interface Place {
  readonly host: string
  readonly port: number
}

/** Where operators and probes are served; undefined where they have no port of their own. */
function opsPlaceOf({ host, ops_host: opsHost = host, ops_port: port }: Config['http']): Place | undefined {
  return port === undefined ? undefined : { host: opsHost, port }
}

/**
 * Listens, and returns the address.
 * @throws HTTP_PORT_UNUSABLE in words, where the machine refuses it
 */
export const listen = (app: FastifyInstance, { host, port }: Place): Promise<string> =>
  inWords({ host, port }, () => app.listen({ host, port }))

/**
 * Listens on the port for operators, and returns the address.
 * @throws as `listen` does
 */
export async function listenForOperators(server: Server, http: Config['http']): Promise<string | undefined> {
  const place = opsPlaceOf(http)
  if (place === undefined) return undefined
  return inWords(place, async () => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(place, () => {
        server.off('error', reject)
        resolve()
      })
    })
    const found = server.address()
    if (found === null || typeof found === 'string') throw new Error('a port has no address')
    return `http://${found.family === 'IPv6' ? `[${found.address}]` : found.address}:${found.port}`
  })
}

async function inWords(place: Place, act: () => Promise<string>): Promise<string> {
  try {
    return await act()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why = reasons[code]
    if (why === undefined) throw error
    throw serverErrors.HTTP_PORT_UNUSABLE({ ...place, why }, { cause: error })
  }
}

/**
 * Checks that it could listen, on both ports where there are two, by doing so for a moment.
 * @throws as `listen` does; both mistakes together
 */
export async function checkListen(http: Config['http']): Promise<void> {
  const ops = opsPlaceOf(http)
  await together([tryToListen(http), ...(ops === undefined ? [] : [tryToListen(ops)])])
}

async function tryToListen(place: Place): Promise<void> {
  const app = fastify()
  try {
    await listen(app, place)
  } finally {
    await app.close()
  }
}
