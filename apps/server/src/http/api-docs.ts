import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Serves the OpenAPI document of all routes that are registered later, and `/docs`, a page made from it. */
export async function registerApiDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, { openapi: openApi(version) })
  /** Written once: it is what it was when all routes were there. */
  let document: Buffer | undefined
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    theme: { title: 'Belfry' },
    uiConfig: { layout: 'BaseLayout' },
    uiHooks: {
      onRequest: async (request, reply) => {
        if (request.routeOptions.url !== '/docs/json') return
        document ??= Buffer.from(JSON.stringify(app.swagger()))
        await reply.type('application/json; charset=utf-8').send(document)
      },
    },
  })
}

function openApi(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Belfry',
      version,
      description: 'Notifications of a booking platform: events in, an inbox per person, live.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' },
        accessKey: { type: 'http' as const, scheme: 'bearer' },
      },
    },
  }
}
