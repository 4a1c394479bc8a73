import Type, { type Static, type TObject, type TProperties } from 'typebox'
import { createCheck } from '../check/create-check.ts'
import { ProblemList } from '../check/problem-list.ts'
import { sentenceOf } from '../check/sentence-of.ts'
import { unstorable } from '../check/unstorable.ts'
import { checkAttributes } from '../codec/attributes.ts'
import type { CloudEvent } from '../codec/cloud-event.ts'
import type { Contract, NewEvent } from '../codec/contract.ts'
import { encodeRecord } from '../codec/encode-record.ts'
import type { Problem } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import type { LinkSchemes } from '../link.ts'

/** The names of the required fields that are strings. */
type StringField<Data> = { [K in keyof Data]-?: Data[K] extends string ? K : never }[keyof Data] & string

/** Declares one event type. `key` is the field of the data that is the key of the event; `rules` check what a schema cannot express. */
export function defineEvent<const Type extends string, F extends TProperties>(declared: {
  readonly type: Type
  readonly topic: string
  readonly key: StringField<Static<TObject<F>>>
  readonly data: TObject<F>
  /** Called with data that fits the schema; returns problems with paths below the data. */
  readonly rules?: (data: Static<TObject<F>>, linkSchemes?: LinkSchemes) => readonly Problem[]
}): Contract<Type, Static<TObject<F>>> {
  const { type, topic, key, data: schema, rules } = declared
  const checkData = createCheck(schema)
  // The rules are called only with data that fits the schema.
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
  const create = (attributes: NewEvent<Static<TObject<F>>>): CloudEvent<Type, Static<TObject<F>>> => {
    const event = { specversion: '1.0', type, ...withoutUndefined(attributes) } as const
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
    toKafka: (attributes) => {
      const { topic, ...message } = encodeRecord(create(attributes), contract)
      return { topic, messages: [message] }
    },
  }
  return contract
}

/** Copies the attributes of an event, without those that are undefined and without unknown ones. */
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
