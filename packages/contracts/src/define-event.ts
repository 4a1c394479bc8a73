import Type, { type Static, type TObject, type TProperties } from 'typebox'
import { checkAttributes } from './attributes.ts'
import { createCheck, ProblemList, sentenceOf } from './check.ts'
import type { CloudEvent } from './cloud-event.ts'
import { encodeRecord } from './encode-record.ts'
import type { Problem } from './errors.ts'
import { eventErrors } from './event-errors.ts'
import type { LinkSchemes } from './link.ts'
import { unstorable } from './storable.ts'

/** What a producer gives to make an event; `source` and `id` together are its identity. */
export interface NewEvent<Data> {
  readonly source: string
  readonly id: string
  /** When it happened: RFC 3339 with an offset. Without it the event counts from when the log took it. */
  readonly time?: string
  readonly subject?: string
  readonly dataschema?: string
  readonly traceparent?: string
  readonly tracestate?: string
  readonly data: Data
}

/** One message for Kafka, as kafkajs and the other JavaScript clients send it. */
export interface KafkaMessage {
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

/** The exported value that types and checks one event type. Producers and plugins use the same one. */
export interface Contract<Type extends string = string, Data = unknown> {
  readonly type: Type
  readonly topic: string
  /** The field of data whose value orders: events with the same key keep their order. */
  readonly key: string
  /** The JSON Schema of data, for producers in other languages. */
  readonly schema: TObject
  /**
   * Makes a checked event.
   * @throws EVENT_INVALID with every problem: what was found, what was expected, what was probably meant.
   */
  create(event: NewEvent<Data>): CloudEvent<Type, Data>
  /**
   * Makes a checked event, as `{ topic, messages }` for `producer.send` of a Kafka client.
   * @throws EVENT_INVALID as `create` does.
   */
  toKafka(event: NewEvent<Data>): { topic: string; messages: KafkaMessage[] }
  /**
   * Every problem of an event of this type, none where it is valid; they are added to `found`. `linkSchemes` are those that the
   * configuration names; without them a link may be of any scheme that it can name.
   */
  check(event: CloudEvent, found?: ProblemList, linkSchemes?: LinkSchemes): readonly Problem[]
}

/** The event that a contract describes. */
export type EventOf<C> = C extends Contract<infer Type, infer Data> ? CloudEvent<Type, Data> : never
/** The data of the event that a contract describes. */
export type DataOf<C> = C extends Contract<string, infer Data> ? Data : never

/** The names of the required fields that are strings. */
type StringField<Data> = { [K in keyof Data]-?: Data[K] extends string ? K : never }[keyof Data] & string

/** Declares one event type; `key` names the field of data whose value orders, `rules` find what no schema says. */
export function defineEvent<const Type extends string, F extends TProperties>(declared: {
  readonly type: Type
  readonly topic: string
  readonly key: StringField<Static<TObject<F>>>
  readonly data: TObject<F>
  /** Asked for what fits the schema; answers problems with paths below data. */
  readonly rules?: (data: Static<TObject<F>>, linkSchemes?: LinkSchemes) => readonly Problem[]
}): Contract<Type, Static<TObject<F>>> {
  const { type, topic, key, data: schema, rules } = declared
  const checkData = createCheck(schema)
  // Only what the schema has let pass is given to the rules.
  const fits = (data: unknown, misfits: number): data is Static<TObject<F>> => misfits === 0

  const check = (event: CloudEvent, found = new ProblemList(), linkSchemes?: LinkSchemes): readonly Problem[] => {
    const { data, ...attributes } = event
    checkAttributes(attributes, '', found)
    unstorable(attributes, '', found)
    unstorable(data, '/data', found)
    const before = found.count
    checkData(data, '/data', found)
    if (rules && fits(data, found.count - before)) found.addAll(rules(data, linkSchemes), '/data')
    return found.problems
  }
  const create = (given: NewEvent<Static<TObject<F>>>): CloudEvent<Type, Static<TObject<F>>> => {
    const event = { specversion: '1.0', type, ...withoutUndefined(given) } as const
    const problems = check(event)
    if (problems.length > 0) throw eventErrors.EVENT_INVALID({ type, problems: sentenceOf(problems) }, { problems })
    return event
  }
  const contract: Contract<Type, Static<TObject<F>>> = {
    type,
    topic,
    key,
    schema: Type.Object(schema.properties, { title: type }),
    create,
    check,
    toKafka: (given) => {
      const { topic, ...message } = encodeRecord(create(given), contract)
      return { topic, messages: [message] }
    },
  }
  return contract
}

/** Only the attributes that an event has, and each only where it was given. */
function withoutUndefined<Data>({
  source,
  id,
  data,
  time,
  subject,
  dataschema,
  traceparent,
  tracestate,
}: NewEvent<Data>): NewEvent<Data> {
  return {
    source,
    id,
    ...(time !== undefined && { time }),
    ...(subject !== undefined && { subject }),
    ...(dataschema !== undefined && { dataschema }),
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    data,
  }
}
