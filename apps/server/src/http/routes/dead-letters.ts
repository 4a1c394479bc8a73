import { eventErrors } from '@belfry/contracts'
import type { ErrorRow } from '@belfry/contracts/errors'
import {
  coreErrors,
  coreLimits,
  type DeadLetterQuery,
  type DeadLetters,
  type History,
  type ListedLetter,
  type RetryResult,
  shownKey,
} from '@belfry/core'
import { kafkaErrors } from '@belfry/kafka'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { commitOfRetry } from '../../delivery/commit.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import { serverErrors } from '../../errors.ts'
import { type Gate, requireToken } from '../admission/identify.ts'
import type { OperatorTurns } from '../admission/operator-turns.ts'
import { answers } from '../schemas.ts'
import { Force, Letter, LetterParams, LetterQuery, Letters, RetryAnswer } from './letter-schemas.ts'
import { noBodyIsEmpty } from './no-body.ts'

export interface DeadLetterOptions {
  readonly gate: Gate
  readonly operators: OperatorTurns
  readonly history: History
  readonly deadLetters: DeadLetters
  readonly delivery: Pick<Delivery, 'committed'>
  readonly retry: (id: number, force: boolean) => Promise<RetryResult>
}

/** Events that could not be applied, or that a plugin failed at: which and why, trying them again, and deleting them. */
export async function deadLetterRoutes(
  plain: FastifyInstance,
  { gate, operators, history, deadLetters, delivery, retry }: DeadLetterOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  const common = { tags: ['Operations'], security: [{ bearer: ['ops'] }] }
  app.addHook('onRequest', requireToken(gate, 'ops'))
  const missing = (id: number) => serverErrors.NOT_FOUND({ what: `dead letter ${id}` })

  app.get(
    '/v1/ops/dead-letters',
    {
      schema: {
        ...common,
        summary: 'List dead letters, newest first',
        querystring: LetterQuery,
        response: answers({ 200: Letters }, [400, 401, 403, 429, 503]),
      },
    },
    async ({ query }, reply) => {
      const { limit } = query
      const wanted = wantedBy(query)
      const found = await operators.read(reply, () => deadLetters.list({ ...wanted, limit: limit + 1 }))
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items: items.map(shownAs), ...(last && { next: last.id }) }
    },
  )

  app.get(
    '/v1/ops/dead-letters/:id',
    {
      schema: {
        ...common,
        summary: 'Show one dead letter with its original bytes',
        params: LetterParams,
        response: answers({ 200: Letter }, [400, 401, 403, 404, 429, 503]),
      },
    },
    async ({ params: { id } }, reply) => {
      const found = await operators.read(reply, () => deadLetters.find(id, coreLimits.LETTER_SHOWN.most))
      if (found === undefined) throw missing(id)
      const { key: bytes, value, headers, timestamp, ...letter } = found
      const key = shownKey(bytes)
      const record = { key: textOf(bytes), value: textOf(value), headers: { ...headers } }
      return {
        ...shownAs({ ...letter, ...(key !== undefined && { key }) }),
        record: { ...record, timestamp: new Date(timestamp).toISOString() },
      }
    },
  )

  app.post(
    '/v1/ops/dead-letters/:id/retry',
    {
      preValidation: noBodyIsEmpty,
      schema: {
        ...common,
        summary: 'Try a dead letter again',
        description:
          'Its record is decoded and decided as it would be today, and applied; then it is gone. Where its event has been sent again and applied since, it is a repeat. Where later events of its key have been applied since (followedBy), that needs force.',
        params: LetterParams,
        body: Force,
        response: answers({ 200: RetryAnswer }, [400, 401, 403, 404, 409, 413, 415, 422, 429, 503]),
      },
    },
    async ({ params: { id }, body: { force = false } }, reply) => {
      const retried = await operators.change('kept', reply, async () => {
        const tried = await retry(id, force)
        if (tried.kind === 'applied') delivery.committed(commitOfRetry(tried, history.epoch))
        else if (tried.kind === 'failed' && tried.applied !== undefined)
          delivery.committed(commitOfRetry({ applied: tried.applied, left: [] }, history.epoch))
        return tried
      })
      if (retried.kind === 'missing') throw missing(id)
      if (retried.kind === 'followed') throw serverErrors.DEAD_LETTER_FOLLOWED({ id, count: retried.followedBy })
      if (retried.kind === 'failed') throw serverErrors.DEAD_LETTER_FAILED_AGAIN({ id, why: retried.letter.message })
      const { repeats, changes } = retried.applied
      const [repeat] = repeats
      if (repeat === undefined) return { outcome: 'applied' as const, notifications: changes.length }
      const content = repeat.other === undefined ? '' : ' with other content'
      const detail = `its event has been sent again${content} and applied since: nothing is applied now, and the dead letter is deleted`
      return { outcome: 'repeat' as const, detail, notifications: 0 }
    },
  )

  app.delete(
    '/v1/ops/dead-letters/:id',
    {
      schema: {
        ...common,
        summary: 'Delete a dead letter',
        params: LetterParams,
        response: answers({ 204: Type.Null() }, [400, 401, 403, 404, 413, 415, 429, 503]),
      },
    },
    async ({ params: { id } }, reply) => {
      if (!(await operators.read(reply, () => deadLetters.remove(id)))) throw missing(id)
      return reply.code(204).send(null)
    },
  )
}

/** What to do about each code of a dead letter that is Belfry's own. */
const remedies = new Map(
  [eventErrors, coreErrors, kafkaErrors].flatMap((table) =>
    Object.entries<ErrorRow>(table).map(([code, { remedy }]) => [code, remedy] as const),
  ),
)

/** A dead letter as it is answered. Earlier versions kept it without its remedy. */
function shownAs({ event, identity, ...letter }: ListedLetter) {
  const remedy = letter.remedy ?? remedies.get(letter.code)
  const read = event ?? identity
  return { ...letter, ...(read !== undefined && { event: read }), ...(remedy !== undefined && { remedy }) }
}

/**
 * The conditions of a query, without its limit.
 * @throws REQUEST_INVALID where no time lies between `from` and `to`
 */
function wantedBy({ limit: _, from, to, id, ...others }: Static<typeof LetterQuery>): Omit<DeadLetterQuery, 'limit'> {
  const [first, end] = [from, to].map((time) => (time === undefined ? undefined : Date.parse(time)))
  if (first !== undefined && end !== undefined && first >= end)
    throw serverErrors.REQUEST_INVALID(
      { problems: 'from is not before to' },
      { problems: [{ path: '/from', message: `is ${from}, expected a time before to` }] },
    )
  return {
    ...others,
    ...(first !== undefined && { from: first }),
    ...(end !== undefined && { to: end }),
    ...(id !== undefined && { eventId: id }),
  }
}

/** Bytes as text where they are UTF-8. */
function textOf(bytes: Uint8Array | null): { utf8: string } | { base64: string } | null {
  if (bytes === null) return null
  try {
    return { utf8: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') }
  }
}
