import { Time, UserId } from '@belfry/contracts/fields'
import Type from 'typebox'

/** The schemas of dead letters: of what is requested, and of what is answered. */

const Count = Type.Integer({ minimum: 0 })
const text = (description: string) => Type.String({ description })

const LetterId = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'a whole number of at least 1',
})
export const LetterParams = Type.Object({ id: LetterId })
export const LetterQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'a whole number from 1 to 200' }),
  before: Type.Optional(LetterId),
  plugin: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'the id of a plugin' })),
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'a code of docs/errors.md' })),
  topic: Type.Optional(Type.String({ minLength: 1, maxLength: 249, description: 'a topic' })),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  source: Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: 'the source of an event' })),
  id: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'the id of an event' })),
  key: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1_024, description: 'the key of a record, 1 to 1024 characters' }),
  ),
  person: Type.Optional(UserId),
})
export const Force = Type.Object({
  force: Type.Optional(
    Type.Boolean({ description: 'true or false: true applies it over later events of its key, too' }),
  ),
})
export const RetryAnswer = Type.Object({
  outcome: Type.Enum(['applied', 'repeat'], {
    description: 'repeat: its event had been sent again and applied meanwhile',
  }),
  detail: Type.Optional(text('of a repeat, what has become of it')),
  notifications: Type.Integer({ description: 'how many inboxes it reached' }),
})

const letter = {
  id: LetterId,
  topic: Type.String(),
  partition: Count,
  offset: Count,
  event: Type.Optional(
    Type.Object(
      { source: Type.Optional(Type.String()), id: Type.Optional(Type.String()) },
      { description: 'of a record that could not be decoded, what could be read of it' },
    ),
  ),
  key: Type.Optional(text('the beginning of the key of its record; absent where there is none, or it is not UTF-8')),
  type: Type.Optional(Type.String()),
  plugin: Type.Optional(text('the plugin that failed; absent where the record could not be decoded')),
  handler: Type.Optional(Type.String()),
  code: Type.String(),
  message: Type.String(),
  remedy: Type.Optional(text('what to do about it')),
  at: Type.String({ format: 'date-time', description: 'when it became a dead letter' }),
  followedBy: Type.Integer({ description: 'later events of its key that have been applied since' }),
  repeated: Type.Optional(
    Type.Literal(true, { description: 'its event has been sent again and applied; only of one letter, not in lists' }),
  ),
  size: Type.Optional(Type.Integer({ description: 'bytes of its record, where not all of them are kept or shown' })),
}
const Bytes = Type.Union([
  Type.Object({ utf8: Type.String() }),
  Type.Object({ base64: text('bytes that are not UTF-8') }),
  Type.Null(),
])
export const Letters = Type.Object({
  items: Type.Array(Type.Object(letter)),
  next: Type.Optional(Type.Integer({ description: 'the `before` of the next page; absent at the end' })),
})
export const Letter = Type.Object({
  ...letter,
  record: Type.Object({
    key: Bytes,
    value: Bytes,
    headers: Type.Record(Type.String(), Type.String()),
    timestamp: Type.String({ format: 'date-time', description: 'when the log took it' }),
  }),
})
