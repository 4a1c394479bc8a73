import type { FastifyInstance } from 'fastify'
import type { Checks } from '../../metrics/checks.ts'
import { Live, Ready } from '../schemas.ts'

/** Where a process answers as long as it runs, also while it stops. */
export const LIVE = '/live'

/** `GET /live` and `GET /ready`, without a token. */
export async function healthRoutes(
  app: FastifyInstance,
  { checks, version }: { readonly checks: Pick<Checks, 'readiness'>; readonly version: string },
): Promise<void> {
  app.get(
    LIVE,
    { schema: { tags: ['Health'], summary: 'Show that the process runs', response: { 200: Live } } },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/ready',
    {
      schema: {
        tags: ['Health'],
        summary: 'Show whether it is ready to serve',
        description:
          '200 when the store answers. A source that is away or paused is degraded: people can still read their inbox.',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const parts = await checks.readiness()
      const all = Object.values(parts).map((part) => part.status)
      const overall = all.includes('down') ? 'down' : all.includes('degraded') ? 'degraded' : 'ok'
      return reply.code(overall === 'down' ? 503 : 200).send({ status: overall, version, parts })
    },
  )
}
