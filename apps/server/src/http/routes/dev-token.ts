import { createHash, timingSafeEqual } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DevTokens } from '../../auth/dev-tokens.ts'
import { serverErrors } from '../../errors.ts'
import { bearerOf, takeOne } from '../admission/identify.ts'
import { networkOf } from '../admission/network.ts'
import type { Limits } from '../admission/rate-limits.ts'
import { answers, TokenAnswer, TokenRequest } from '../schemas.ts'

/**
 * `POST /dev/token`: a token for a caller that has the access key of the embedded folder. Only on the embedded default. Nothing else is
 * trusted: a proxy before Belfry, or a name that was pointed at this machine, can make Host, Origin and the client's address anything.
 */
export async function devTokenRoutes(
  plain: FastifyInstance,
  { devTokens, limits }: { readonly devTokens: DevTokens; readonly limits: Pick<Limits, 'failedTokens'> },
): Promise<void> {
  const expected = digestOf(devTokens.key)
  const requireKey = async (request: FastifyRequest, reply: FastifyReply) => {
    const key = bearerOf(request)
    if (key !== undefined && timingSafeEqual(digestOf(key), expected)) return
    if (key !== undefined) await takeOne(limits.failedTokens, networkOf(request.ip), reply)
    throw serverErrors.KEY_INVALID({})
  }
  plain.withTypeProvider<TypeBoxTypeProvider>().post(
    '/dev/token',
    {
      onRequest: requireKey,
      schema: {
        tags: ['Trying it'],
        summary: 'Make a token for yourself',
        description: 'With the access key of the embedded folder, the file access-key, as the bearer.',
        security: [{ accessKey: [] }],
        body: TokenRequest,
        response: answers({ 200: TokenAnswer }, [400, 401, 413, 415, 429]),
      },
    },
    async (request) => ({ token: await devTokens.sign(request.body) }),
  )
}

/** Of one length whatever the key is, so that the time of comparing two reveals nothing of either. */
const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest()
