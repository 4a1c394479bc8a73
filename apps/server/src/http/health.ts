import type { IntakeStatus, Store } from '@belfry/core'
import type { FastifyInstance } from 'fastify'
import { Live, Ready } from './schemas.ts'

type Part = { status: 'ok' | 'degraded' | 'down'; why?: string }

/** The store has so many milliseconds to answer. */
const PATIENCE = 2_000

/** `GET /live` and `GET /ready`, without a token. */
export async function healthRoutes(
  app: FastifyInstance,
  { store, status }: { readonly store: Store; readonly status: () => IntakeStatus },
): Promise<void> {
  app.get(
    '/live',
    { schema: { tags: ['Health'], summary: 'The process is there', response: { 200: Live } } },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/ready',
    {
      schema: {
        tags: ['Health'],
        summary: 'Ready to serve',
        description:
          '200 when the store answers. A source that is away or paused is degraded: people can still read their inbox.',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const parts: Record<string, Part> = { store: await partOf(store), ...topicsOf(status()) }
      const all = Object.values(parts).map((part) => part.status)
      const overall = all.includes('down') ? 'down' : all.includes('degraded') ? 'degraded' : 'ok'
      return reply.code(overall === 'down' ? 503 : 200).send({ status: overall, parts })
    },
  )
}

async function partOf(store: Store): Promise<Part> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE)
  try {
    await Promise.race([store.ready(), promise])
    return { status: 'ok' }
  } catch (error) {
    return { status: 'down', why: error instanceof Error ? error.message : 'no answer' }
  } finally {
    clearTimeout(timer)
  }
}

function topicsOf({ topics, waiting }: IntakeStatus): Record<string, Part> {
  const source: Part = waiting === undefined ? { status: 'ok' } : { status: 'degraded', why: waiting }
  const states = topics.map(({ topic, state }): [string, Part] => [
    `topic ${topic}`,
    state === 'running' ? { status: 'ok' } : { status: 'degraded', why: state },
  ])
  return { source, ...Object.fromEntries(states) }
}
