import type { Change, Store } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Auth } from '../auth.ts'
import { serverErrors } from '../errors.ts'
import { identityOf, requireToken } from './identify.ts'
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
    auth,
    store,
    push,
  }: { readonly auth: Auth; readonly store: Store; readonly push: (changes: readonly Change[]) => void },
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  const common = { tags: ['Inbox'], security: [{ bearer: [] }] }
  app.addHook('onRequest', requireToken(auth))

  app.get(
    '/v1/notifications',
    {
      schema: {
        ...common,
        summary: 'List notifications, newest first',
        querystring: PageQuery,
        response: answers({ 200: NotificationPage }, [400, 401, 503]),
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
      return { ...(await store.page(identityOf(request).person, query)), epoch: store.epoch }
    },
  )

  app.get(
    '/v1/notifications/:seq',
    {
      schema: {
        ...common,
        summary: 'Read one notification',
        params: SeqParams,
        response: answers({ 200: Notification }, [400, 401, 404, 503]),
      },
    },
    async (request) => {
      const found = await store.notification(identityOf(request).person, request.params.seq)
      if (!found) throw serverErrors.NOT_FOUND({ what: `notification ${request.params.seq}` })
      return found
    },
  )

  app.patch(
    '/v1/notifications/:seq',
    {
      schema: {
        ...common,
        summary: 'Mark one notification',
        params: SeqParams,
        body: Marks,
        response: answers({ 200: Notification }, [400, 401, 404, 413, 415, 503]),
      },
    },
    async (request) => {
      const { read, archived } = request.body
      const marks = { ...(read !== undefined && { read }), ...(archived !== undefined && { archived }) }
      const marked = await store.mark(identityOf(request).person, request.params.seq, marks)
      if (!marked) throw serverErrors.NOT_FOUND({ what: `notification ${request.params.seq}` })
      if (marked.change) push([marked.change])
      return marked.answer
    },
  )

  app.post(
    '/v1/notifications/read',
    {
      schema: {
        ...common,
        summary: 'Mark everything up to a number as read',
        body: Through,
        response: answers({ 200: ThroughAnswer }, [400, 401, 413, 415, 503]),
      },
    },
    async (request) => {
      const { answer, change } = await store.readThrough(identityOf(request).person, request.body.through)
      if (change) push([change])
      return answer
    },
  )
}
