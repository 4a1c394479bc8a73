import type { FastifyInstance } from 'fastify'
import type { Config } from './config/schema.ts'
import { serverErrors } from './errors.ts'

/**
 * Listens, and answers where.
 * @throws HTTP_PORT_UNUSABLE in words, where the machine does not let us
 */
export async function listen(app: FastifyInstance, { host, port }: Config['http']): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why =
      code === 'EADDRINUSE'
        ? 'it is in use'
        : code === 'EACCES'
          ? 'it is not ours to take'
          : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
            ? 'this machine has no such address'
            : undefined
    if (why === undefined) throw error
    throw serverErrors.HTTP_PORT_UNUSABLE({ host, port, why }, { cause: error })
  }
}
