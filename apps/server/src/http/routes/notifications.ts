import type { History, Inboxes } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Delivery } from '../../delivery/delivery.ts'
import type { Show } from '../../delivery/show.ts'
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

export interface NotificationOptions {
  readonly gate: Gate
  readonly turns: Turns
  readonly history: History
  readonly inboxes: Inboxes
  readonly delivery: Pick<Delivery, 'changed'>
  /** Returns notifications as clients get them. */
  readonly show: Show
}

const common = { tags: ['Inbox'], security: [{ bearer: [] }] }

/** A person's own inbox: list, one, and marks. What a mark changes is delivered to the person's other connections. */
export async function notificationRoutes(app: FastifyInstance, options: NotificationOptions): Promise<void> {
  app.addHook('onRequest', requireToken(options.gate))
  addReads(app, options)
  addMarks(app, options)
}

function addReads(plain: FastifyInstance, { gate, turns, history, inboxes, show }: NotificationOptions): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  // Before the request is worked on.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) =>
    takeOne(gate.limits.reads, identityOf(request).person, reply)

  app.get(
    '/v1/notifications',
    {
      onRequest,
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
      // Taken before the page is read: should it change meanwhile, the client is reset.
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
      onRequest,
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
}

function addMarks(plain: FastifyInstance, { gate, turns, inboxes, delivery, show }: NotificationOptions): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  // Before the body is read.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) =>
    takeOne(gate.limits.marks, identityOf(request).person, reply)

  app.patch(
    '/v1/notifications/:seq',
    {
      onRequest,
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
      const marked = await turns.run(person, reply, () => inboxes.mark(person, seq, request.body))
      if (!marked) throw serverErrors.NOT_FOUND({ what: `notification ${seq}` })
      if (marked.change) delivery.changed([marked.change])
      return show(marked.answer)
    },
  )

  app.post(
    '/v1/notifications/read',
    {
      onRequest,
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
      if (change) delivery.changed([change])
      return answer
    },
  )
}
