import type { Host, Intake } from '@belfry/core'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Checks } from '../../metrics/checks.ts'
import { type Gate, requireToken } from '../admission/identify.ts'
import type { OperatorTurns } from '../admission/operator-turns.ts'
import {
  answers,
  MovedPosition,
  NewPosition,
  Nothing,
  Plugins,
  PositionParams,
  Positions,
  TopicAnswer,
  TopicParams,
} from '../schemas.ts'
import { noBodyIsEmpty } from './no-body.ts'

export interface OpsOptions {
  readonly gate: Gate
  readonly operators: OperatorTurns
  readonly host: Pick<Host, 'plugins'>
  readonly checks: Pick<Checks, 'progress'>
  readonly intake: Pick<Intake, 'pause' | 'resume' | 'move' | 'status'>
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What runs, how far it is, and pausing it: for operators. */
export async function opsRoutes(
  plain: FastifyInstance,
  { gate, operators, host, checks, intake, clock }: OpsOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()
  const common = { tags: ['Operations'], security: [{ bearer: ['ops'] }] }
  app.addHook('onRequest', requireToken(gate, 'ops'))
  const stateOf = (topic: string) => intake.status().topics.find((one) => one.topic === topic)?.state ?? 'not started'

  app.get(
    '/v1/ops/plugins',
    { schema: { ...common, summary: 'List the plugins', response: answers({ 200: Plugins }, [401, 403, 429, 503]) } },
    async () => ({ items: host.plugins.map((plugin) => ({ ...plugin })) }),
  )

  app.get(
    '/v1/ops/positions',
    {
      schema: {
        ...common,
        summary: 'Show how far every partition is applied',
        response: answers({ 200: Positions }, [401, 403, 429, 503]),
      },
    },
    async () => {
      const { waiting } = intake.status()
      const items = (await checks.progress()).map(({ topic, partition, next, end, lag, oldest, stranded }) => ({
        topic,
        partition,
        state: stateOf(topic),
        position: next,
        end,
        lag: { events: lag, ...secondsOf(oldest, lag > 0, clock()) },
        ...(stranded !== undefined && { stranded }),
      }))
      return { items, ...(waiting !== undefined && { waiting }) }
    },
  )

  app.put(
    '/v1/ops/topics/:topic/partitions/:partition/position',
    {
      schema: {
        ...common,
        summary: 'Go on from another position',
        description:
          'For a partition that waits for an operator: its topic was created again, records are missing from its end, or a record cannot be decoded. It is read from there within some seconds. Events that have been applied are recognised for as long as their identities are kept.',
        params: PositionParams,
        body: NewPosition,
        response: answers({ 200: MovedPosition }, [400, 401, 403, 404, 409, 413, 415, 429, 503]),
      },
    },
    async ({ params: { topic, partition }, body: { position } }, reply) => {
      const move = () => intake.move({ topic, partition, next: position })
      const before = await operators.change('intake', reply, move)
      return { topic, partition, before: before.next, position }
    },
  )

  for (const act of ['pause', 'resume'] as const)
    app.post(
      `/v1/ops/topics/:topic/${act}`,
      {
        preValidation: noBodyIsEmpty,
        schema: {
          ...common,
          summary: act === 'pause' ? 'Pause a topic' : 'Resume a topic',
          description:
            act === 'pause'
              ? 'Answers once this instance applies nothing more of it. It does not wait for an intake thread that does not respond: that one pauses as soon as it does, or is ended. The topic stays paused over a restart, until it is resumed.'
              : 'Answers once this instance is applying it again.',
          params: TopicParams,
          body: Nothing,
          response: answers({ 200: TopicAnswer }, [400, 401, 403, 404, 413, 415, 429, 503]),
        },
      },
      async ({ params: { topic } }, reply) => {
        await operators.change('intake', reply, () => intake[act](topic))
        return { topic, state: stateOf(topic) }
      },
    )
}

/** How old the oldest event is that waits; empty where only the instance that reads the partition has it. */
const secondsOf = (oldest: number | undefined, isBehind: boolean, now: number): { readonly seconds?: number } =>
  oldest !== undefined ? { seconds: Math.max(0, now - oldest) / 1_000 } : isBehind ? {} : { seconds: 0 }
