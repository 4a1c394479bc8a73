import type { Change, Store } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serverErrors } from '../errors.ts'
import type { Show } from '../show-links.ts'
import { type Gate, identityOf, requireToken, takeOne } from './identify.ts'
import {
  answers,
  Marks,
  Notification,
  NotificationPage,
  PageQuery,
  SeqParams,
  Through,
  ThroughAnswer,
  usualPage,
} from './schemas.ts'

/** A person's own inbox: list, one, and marks. What a mark changes is pushed to the person's other connections. */
export async function notificationRoutes(
  plain: FastifyInstance,
  {
    gate,
    store,
    push,
    show,
  }: {
    readonly gate: Gate
    readonly store: Store
    readonly push: (changes: readonly Change[]) => void
    /** Answers notifications as clients get them. */
    readonly show: Show
  },
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  const common = { tags: ['Inbox'], security: [{ bearer: [] }] }
  app.addHook('onRequest', requireToken(gate))
  // Before the body is read.
  const limitMarks = async (request: FastifyRequest, reply: FastifyReply) =>
    takeOne(gate.limits.marks, identityOf(request).person, reply)
  const limitReads = async (request: FastifyRequest, reply: FastifyReply) =>
    takeOne(gate.limits.reads, identityOf(request).person, reply)

  app.get(
    '/v1/notifications',
    {
      onRequest: limitReads,
      schema: {
        ...common,
        summary: 'List notifications, newest first',
        querystring: PageQuery,
        response: answers({ 200: NotificationPage }, [400, 401, 429, 503]),
      },
    },
    async (request) => {
      const { limit = usualPage.limit, filter = usualPage.filter, before, category } = request.query
      const query = {
        limit,
        filter,
        ...(before !== undefined && { before }),
        ...(category !== undefined && { category }),
      }
      // Named before it is read: should it change meanwhile, the client is reset.
      const { epoch } = store
      const page = await store.page(identityOf(request).person, query)
      return { ...page, items: page.items.map(show), epoch }
    },
  )

  app.get(
    '/v1/notifications/:seq',
    {
      onRequest: limitReads,
      schema: {
        ...common,
        summary: 'Read one notification',
        params: SeqParams,
        response: answers({ 200: Notification }, [400, 401, 404, 429, 503]),
      },
    },
    async (request) => {
      const found = await store.notification(identityOf(request).person, request.params.seq)
      if (!found) throw serverErrors.NOT_FOUND({ what: `notification ${request.params.seq}` })
      return show(found)
    },
  )

  app.patch(
    '/v1/notifications/:seq',
    {
      onRequest: limitMarks,
      schema: {
        ...common,
        summary: 'Mark one notification',
        params: SeqParams,
        body: Marks,
        response: answers({ 200: Notification }, [400, 401, 404, 413, 415, 429, 503]),
      },
    },
    async (request) => {
      const { read, archived } = request.body
      const marks = { ...(read !== undefined && { read }), ...(archived !== undefined && { archived }) }
      const marked = await store.mark(identityOf(request).person, request.params.seq, marks)
      if (!marked) throw serverErrors.NOT_FOUND({ what: `notification ${request.params.seq}` })
      if (marked.change) push([marked.change])
      return show(marked.answer)
    },
  )

  app.post(
    '/v1/notifications/read',
    {
      onRequest: limitMarks,
      schema: {
        ...common,
        summary: 'Mark everything up to a number as read',
        body: Through,
        response: answers({ 200: ThroughAnswer }, [400, 401, 413, 415, 429, 503]),
      },
    },
    async (request) => {
      const { answer, change } = await store.readThrough(identityOf(request).person, request.body.through)
      if (change) push([change])
      return answer
    },
  )
}
