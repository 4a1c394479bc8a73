import { type Contract, decodeHttp, encodeRecord } from '@belfry/contracts'
import type { Publisher } from '@belfry/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serverErrors } from '../../errors.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { noticesOfHttp } from '../../metrics/notice.ts'
import type { Notices } from '../../metrics/notices.ts'
import { createBodyBudget } from '../admission/body-budget.ts'
import { decompressed } from '../admission/content-encoding.ts'
import { type Gate, identityOf, requireToken } from '../admission/identify.ts'
import { Accepted, answers } from '../schemas.ts'

/** The route of events. */
export const EVENTS = '/v1/events'

/** `POST /v1/events`: events in, in any of the three content modes of CloudEvents' HTTP binding. */
export async function eventRoutes(
  app: FastifyInstance,
  {
    gate,
    contracts,
    publisher,
    metrics,
    notices,
    clock,
  }: {
    readonly gate: Gate
    readonly contracts: ReadonlyMap<string, Contract>
    readonly publisher: Publisher
    readonly metrics: Pick<Metrics, 'limited'>
    readonly notices: Pick<Notices, 'add'>
    readonly clock: () => number
  },
): Promise<void> {
  // The body is read as it is: decodeHttp decides by the content type, and parses once.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request: FastifyRequest, body: Buffer, done) =>
    done(null, body),
  )

  const budget = createBodyBudget()
  const take = (request: FastifyRequest, reply: FastifyReply, bytes: number) => {
    const release = budget.take(identityOf(request).person, bytes)
    if (release) return void reply.raw.once('close', release)
    metrics.limited('BODIES')
    throw serverErrors.TOO_MANY_REQUESTS({ seconds: 1 })
  }
  // Before the body is read.
  const takeBudget = async (request: FastifyRequest, reply: FastifyReply) => {
    if (reply.raw.destroyed) return void reply.hijack()
    const length = Number(request.headers['content-length'] ?? serverLimits.BODY.most)
    take(request, reply, Math.min(length, serverLimits.BODY.most))
  }
  /** Fastify refuses a content type that it cannot parse, with the remedy of other routes. `decodeHttp` reads it as it was received. */
  const acceptContentType = async ({ raw }: FastifyRequest) => {
    raw.headers['content-type'] = 'application/octet-stream'
  }
  /** Until the answer, both what was received and what it has become are in memory. */
  const bodyOf = (request: FastifyRequest, reply: FastifyReply) => {
    const received = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const body = received.length === 0 ? received : decompressed(request, received)
    if (body !== received) take(request, reply, body.length)
    return body
  }

  app.post(
    EVENTS,
    {
      bodyLimit: serverLimits.BODY.most,
      onRequest: [requireToken(gate, 'events:write'), takeBudget, acceptContentType],
      schema: {
        tags: ['Events'],
        summary: 'Send events',
        description: `CloudEvents 1.0: structured (application/cloudevents+json), batch (application/cloudevents-batch+json, at most ${serverLimits.BATCH.most}) or binary (ce- headers); the body may be compressed (Content-Encoding: gzip), and is at most ${serverLimits.DECOMPRESSED_BODY.most} bytes before and after. Answers once every event is durable; of a batch with any invalid event nothing is accepted.`,
        security: [{ bearer: ['events:write'] }],
        consumes: ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json'],
        response: answers({ 202: Accepted }, [400, 401, 403, 413, 415, 429, 503]),
      },
    },
    async (request, reply) => {
      if (reply.raw.destroyed) return void reply.hijack()
      const body = bodyOf(request, reply)
      const decoded = decodeHttp({ headers: request.raw.headersDistinct, body }, contracts, {
        acceptedAt: new Date(clock()).toISOString(),
        maxBatch: serverLimits.BATCH.most,
      })
      if (!decoded.ok) throw decoded.error
      // Once they are in the log, `pump.ts` of an intake takes them from their topic, in this process or another.
      await publisher.publish(decoded.events.map(({ event, contract }) => encodeRecord(event, contract)))
      notices.add(noticesOfHttp(decoded.events))
      return reply.code(202).send({ accepted: decoded.events.length })
    },
  )
}
