import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Metrics } from '../../metrics/metrics.ts'

/** `GET /metrics`, without a token. */
export async function metricsRoutes(
  app: FastifyInstance,
  { metrics }: { readonly metrics: Pick<Metrics, 'text'> },
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
      const { contentType, body } = await metrics.text()
      return reply.type(contentType).send(body)
    },
  )
}
