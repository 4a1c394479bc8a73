import fastify, { type FastifyInstance } from 'fastify'
import type { Config } from './config/schema.ts'
import { serverErrors } from './errors.ts'

/** What the system says, in words. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EACCES: 'it is not ours to take',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine has no addresses of that kind',
  EAI_AGAIN: 'no name server says where that is',
  ENOTFOUND: 'this machine has no such address',
}

/**
 * Listens, and answers where.
 * @throws HTTP_PORT_UNUSABLE in words, where the machine does not let us
 */
export async function listen(app: FastifyInstance, { host, port }: Config['http']): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why = reasons[code]
    if (why === undefined) throw error
    throw serverErrors.HTTP_PORT_UNUSABLE({ host, port, why }, { cause: error })
  }
}

/**
 * Sees that it could listen, by doing so for a moment.
 * @throws as `listen` does
 */
export async function checkListen(http: Config['http']): Promise<void> {
  const app = fastify()
  try {
    await listen(app, http)
  } finally {
    await app.close()
  }
}
