import { UserId } from '@belfry/contracts/fields'
import Type, { type TSchema } from 'typebox'
import { serverLimits } from '../limits/server-limits.ts'

/** The schemas of every request and answer: they check, they type the handlers, and /docs is made from them. */

const Seq = Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'a whole number from 1 to 2147483647' })
const Count = Type.Integer({ minimum: 0 })

export const Notification = Type.Object(
  {
    seq: Type.Integer({ description: 'the number of the inbox when it arrived: its name' }),
    rev: Type.Integer({ description: 'the number of the inbox at its latest change' }),
    type: Type.String({ description: '<plugin>.<message>' }),
    category: Type.Optional(Type.String()),
    priority: Type.Enum(['low', 'normal', 'high']),
    title: Type.String(),
    body: Type.String(),
    link: Type.Optional(Type.String()),
    data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    createdAt: Type.String({ format: 'date-time' }),
    expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
    read: Type.Boolean(),
    archived: Type.Boolean(),
    withdrawn: Type.Boolean({ description: 'it has left every list, and its words are gone' }),
  },
  { title: 'Notification' },
)

export const NotificationPage = Type.Object({
  items: Type.Array(Notification),
  head: Count,
  unread: Count,
  epoch: Type.String(),
  next: Type.Optional(Type.Integer({ description: 'the `before` of the next page; absent at the end' })),
})

/** The page that a request without parameters gets. */
export const usualPage = { limit: 50, filter: 'all' } as const

export const PageQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: serverLimits.PAGE.most,
      default: usualPage.limit,
      description: `a whole number from 1 to ${serverLimits.PAGE.most}`,
    }),
  ),
  before: Type.Optional(Seq),
  filter: Type.Optional(Type.Enum(['all', 'unread', 'archived'], { default: usualPage.filter })),
  category: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'a category of 1 to 64 characters' }),
  ),
})

export const SeqParams = Type.Object({ seq: Seq })

export const Marks = Type.Object({ read: Type.Optional(Type.Boolean()), archived: Type.Optional(Type.Boolean()) })

export const Through = Type.Object({
  through: Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'a whole number from 0 to 2147483647' }),
})
export const ThroughAnswer = Type.Object({ head: Count, unread: Count })

export const StreamQuery = Type.Object({
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'a whole number from 0 to 2147483647' }),
  ),
  epoch: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'the epoch of a frame' })),
  lastEventId: Type.Optional(
    Type.String({
      description:
        'the id of the last event, from clients that cannot set the header Last-Event-ID; it goes before after',
    }),
  ),
})

export const Accepted = Type.Object({ accepted: Count })

export const TokenRequest = Type.Object({
  sub: UserId,
  scope: Type.Optional(Type.String({ maxLength: 256, description: 'scopes, separated by spaces' })),
})
export const TokenAnswer = Type.Object({ token: Type.String() })

export const Live = Type.Object({ status: Type.Literal('ok') })
export const Ready = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'down']),
  version: Type.String({ description: 'the version of this instance' }),
  parts: Type.Record(
    Type.String(),
    Type.Object({
      status: Type.Enum(['ok', 'degraded', 'down']),
      why: Type.Optional(Type.String()),
      notes: Type.Optional(
        Type.Array(Type.String(), {
          description: 'what was noticed of a topic, such as types that are probably misspelt',
        }),
      ),
    }),
  ),
})

const text = (description: string) => Type.String({ description })

/** An id of a person, in an address. */
export const PersonParams = Type.Object({ person: UserId })
export const PersonSeqParams = Type.Object({ person: UserId, seq: Seq })
export const Erased = Type.Object({
  person: Type.String(),
  known: Type.Boolean({ description: 'whether anything was kept of them' }),
})
export const WhyAnswer = Type.Object({
  event: Type.Object({
    source: Type.String(),
    id: Type.String(),
    type: Type.String(),
    time: Type.String({ format: 'date-time' }),
    traceparent: Type.Optional(text('the trace that the event was part of')),
  }),
  topic: Type.String(),
  partition: Count,
  offset: Count,
  plugin: Type.String(),
  message: Type.String(),
  parameters: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  audience: Type.Optional(text('the audience that the person was in; absent where the person was named')),
})

export const Plugins = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      topics: Type.Array(Type.String()),
      types: Type.Array(Type.String(), { description: 'the event types that it has handlers for' }),
      messages: Type.Array(Type.String()),
    }),
  ),
})

/** A body without anything in it. */
export const Nothing = Type.Object({})

const TopicState = Type.Enum(['not started', 'running', 'paused'])
export const TopicParams = Type.Object({ topic: Type.String({ minLength: 1, maxLength: 249, description: 'a topic' }) })
export const TopicAnswer = Type.Object({ topic: Type.String(), state: TopicState })
export const PositionParams = Type.Object({
  topic: Type.String({ minLength: 1, maxLength: 249, description: 'a topic' }),
  partition: Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'a partition' }),
})
export const NewPosition = Type.Object({
  position: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'the next offset to apply; what lies before it is not applied, unless it has been',
  }),
})
export const MovedPosition = Type.Object({
  topic: Type.String(),
  partition: Count,
  before: Type.Integer({ description: 'the position before' }),
  position: Type.Integer({ description: 'the position now' }),
})
export const Positions = Type.Object({
  items: Type.Array(
    Type.Object({
      topic: Type.String(),
      partition: Count,
      state: TopicState,
      position: Type.Integer({ description: 'the next offset that is not applied' }),
      end: Type.Integer({
        description: 'the offset after the last record; it is below the position where that is of another log',
      }),
      lag: Type.Object({
        events: Count,
        seconds: Type.Optional(
          Type.Number({
            description:
              'the age of the oldest event that is not applied, 0 where there is none; absent where only the instance that reads the partition has it',
          }),
        ),
      }),
      stranded: Type.Optional(text('why nothing of it is read until an operator moves its position')),
    }),
  ),
  waiting: Type.Optional(text('what the intake waits for')),
})

const ProblemDetails = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'stable; docs/errors.md lists them all' }),
    remedy: Type.Optional(text('what to do about it')),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { title: 'Problem' },
)

/** The answers of a route as OpenAPI shows them: its success, and the problems that it may answer with. */
export function answers(
  success: Readonly<Record<number, TSchema>>,
  problems: readonly number[],
): Record<number, TSchema | { content: object; description: string }> {
  const all: Record<number, TSchema | { content: object; description: string }> = { ...success }
  for (const status of problems)
    all[status] = {
      description: titles[status] ?? 'Problem',
      content: { 'application/problem+json': { schema: ProblemDetails } },
    }
  return all
}

/** The name of each status. */
export const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}
