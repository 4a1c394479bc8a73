import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Checks } from '../../metrics/checks.ts'

/** `GET /metrics`, without a token. */
export async function metricsRoutes(
  app: FastifyInstance,
  { checks }: { readonly checks: Pick<Checks, 'metricsText'> },
): Promise<void> {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['Health'],
        summary: 'Show what is measured, for Prometheus',
        produces: ['text/plain'],
        response: { 200: Type.String({ description: 'docs/operations.md lists the names' }) },
      },
      serializerCompiler: () => String,
    },
    async (_request, reply) => {
      const { contentType, body } = await checks.metricsText()
      return reply.type(contentType).send(body)
    },
  )
}
