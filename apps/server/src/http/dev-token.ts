import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { DevTokens } from '../auth/dev-tokens.ts'
import { serverErrors } from '../errors.ts'
import { answers, TokenAnswer, TokenRequest } from './schemas.ts'

/** `POST /dev/token`: a token for whoever tries Belfry on their own machine. Only on the embedded default, and only on loopback. */
export async function devTokenRoutes(
  plain: FastifyInstance,
  { devTokens }: { readonly devTokens: DevTokens },
): Promise<void> {
  plain.withTypeProvider<TypeBoxTypeProvider>().post(
    '/dev/token',
    {
      onRequest: async (request) => refuseStrangers(request),
      schema: {
        tags: ['Trying it'],
        summary: 'Make a token for yourself',
        body: TokenRequest,
        response: answers({ 200: TokenAnswer }, [400, 403, 413, 415]),
      },
    },
    async (request) => ({ token: await devTokens.sign(request.body) }),
  )
}

/** A page of another site, or one that has bent a name of its own to this machine, gets none. */
function refuseStrangers({ headers: { host = '', origin } }: FastifyRequest): void {
  const foreign = origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)
  if (foreign || !isLoopback(hostnameOf(host)))
    throw serverErrors.ORIGIN_REFUSED({ origin: (origin ?? host).slice(0, 200) })
}

const hostnameOf = (host: string): string => (URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '')

/** Whether a host is this machine and no other. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
