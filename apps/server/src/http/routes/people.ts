import type { Inboxes, People } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Delivery } from '../../delivery/delivery.ts'
import { serverErrors } from '../../errors.ts'
import { type Gate, requireToken } from '../admission/identify.ts'
import type { OperatorTurns } from '../admission/operator-turns.ts'
import { answers, Erased, PersonParams, PersonSeqParams, WhyAnswer } from '../schemas.ts'

export interface PeopleOptions {
  readonly gate: Gate
  readonly operators: OperatorTurns
  readonly inboxes: Inboxes
  readonly people: People
  readonly delivery: Pick<Delivery, 'erased'>
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What people request from operators: why they got a notification, and to be erased. */
export async function peopleRoutes(
  plain: FastifyInstance,
  { gate, operators, inboxes, people, delivery, clock }: PeopleOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  const common = { tags: ['Operations'], security: [{ bearer: ['ops'] }] }
  app.addHook('onRequest', requireToken(gate, 'ops'))

  app.get(
    '/v1/ops/people/:person/notifications/:seq',
    {
      schema: {
        ...common,
        summary: 'Show why a person got a notification',
        params: PersonSeqParams,
        response: answers({ 200: WhyAnswer }, [400, 401, 403, 404, 429, 503]),
      },
    },
    async ({ params: { person, seq } }, reply) => {
      const why = await operators.read(reply, () => inboxes.why(person, seq))
      if (why === undefined) throw serverErrors.NOT_FOUND({ what: `notification ${seq} of this person` })
      return { ...why, event: { ...why.event }, parameters: { ...why.parameters } }
    },
  )

  app.delete(
    '/v1/ops/people/:person',
    {
      schema: {
        ...common,
        summary: 'Erase a person',
        description:
          'The end of everything kept about them: inbox, profile, memberships, what is still to reach them, and dead letters that name them. Nothing reaches them until a later user.created.',
        params: PersonParams,
        response: answers({ 200: Erased }, [400, 401, 403, 413, 415, 429, 503]),
      },
    },
    async ({ params: { person } }, reply) => {
      const erase = async () => {
        const known = await people.erase(person, clock())
        delivery.erased([person])
        return known
      }
      return { person, known: await operators.change('kept', reply, erase) }
    },
  )
}
