import type { Change, History, Inboxes } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Show } from '../../delivery/show-links.ts'
import { serverErrors } from '../../errors.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import { type Gate, identityOf, requireToken, takeOne } from '../admission/identify.ts'
import type { Turns } from '../admission/turns.ts'
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
} from '../schemas.ts'

/** A person's own inbox: list, one, and marks. What a mark changes is pushed to the person's other connections. */
export async function notificationRoutes(
  plain: FastifyInstance,
  {
    gate,
    turns,
    history,
    inboxes,
    push,
    show,
  }: {
    readonly gate: Gate
    readonly turns: Turns
    readonly history: History
    readonly inboxes: Inboxes
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
    async (request, reply) => {
      const { limit = usualPage.limit, filter = usualPage.filter, before, category } = request.query
      const query = {
        limit,
        filter,
        ...(before !== undefined && { before }),
        ...(category !== undefined && { category }),
      }
      // Named before it is read: should it change meanwhile, the client is reset.
      const { epoch } = history
      const { person } = identityOf(request)
      // One read is counted already, before the query was known.
      const more = Math.ceil(limit / serverLimits.PAGE_OF_READ.most) - 1
      if (more > 0) await takeOne(gate.limits.reads, person, reply, more)
      const page = await turns.run(person, reply, () => inboxes.page(person, query))
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
    async (request, reply) => {
      const { person } = identityOf(request)
      const { seq } = request.params
      const found = await turns.run(person, reply, () => inboxes.notification(person, seq))
      if (!found) throw serverErrors.NOT_FOUND({ what: `notification ${seq}` })
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
    async (request, reply) => {
      const { person } = identityOf(request)
      const { seq } = request.params
      const { read, archived } = request.body
      const marks = { ...(read !== undefined && { read }), ...(archived !== undefined && { archived }) }
      const marked = await turns.run(person, reply, () => inboxes.mark(person, seq, marks))
      if (!marked) throw serverErrors.NOT_FOUND({ what: `notification ${seq}` })
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
    async (request, reply) => {
      const { person } = identityOf(request)
      const { through } = request.body
      const { answer, change } = await turns.run(person, reply, () => inboxes.readThrough(person, through))
      if (change) push([change])
      return answer
    },
  )
}
