import type { IntakeStatus, Source, Store } from '@belfry/core'
import type { FastifyInstance } from 'fastify'
import { inTime } from './in-time.ts'
import { Live, Ready } from './schemas.ts'

type Part = { status: 'ok' | 'degraded' | 'down'; why?: string }

/** `GET /live` and `GET /ready`, without a token. */
export async function healthRoutes(
  app: FastifyInstance,
  {
    store,
    source,
    status,
  }: {
    readonly store: Pick<Store, 'ready'>
    readonly source: Pick<Source, 'progress'>
    readonly status: () => IntakeStatus
  },
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
      const { topics, waiting } = status()
      const [kept, log] = await Promise.all([storeOf(store), sourceOf(source, waiting)])
      const parts: Record<string, Part> = { store: kept, source: log, ...topicsOf(topics) }
      const all = Object.values(parts).map((part) => part.status)
      const overall = all.includes('down') ? 'down' : all.includes('degraded') ? 'degraded' : 'ok'
      return reply.code(overall === 'down' ? 503 : 200).send({ status: overall, parts })
    },
  )
}

async function storeOf(store: Pick<Store, 'ready'>): Promise<Part> {
  try {
    const trouble = await inTime(store.ready())
    return trouble === undefined ? { status: 'ok' } : { status: 'degraded', why: trouble }
  } catch (error) {
    return { status: 'down', why: reasonOf(error) }
  }
}

/** Away where the intake waits for it, or where nobody can be told how far it is. */
async function sourceOf(source: Pick<Source, 'progress'>, waiting: string | undefined): Promise<Part> {
  if (waiting !== undefined) return { status: 'degraded', why: waiting }
  try {
    await inTime(source.progress())
    return { status: 'ok' }
  } catch (error) {
    return { status: 'degraded', why: reasonOf(error) }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'no answer')

function topicsOf(topics: IntakeStatus['topics']): Record<string, Part> {
  return Object.fromEntries(
    topics.map(({ topic, state, why = state }): [string, Part] => [
      `topic ${topic}`,
      state === 'running' ? { status: 'ok' } : { status: 'degraded', why },
    ]),
  )
}
