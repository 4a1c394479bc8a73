import Type, { type Static, type TObject, type TProperties } from 'typebox'
import { createCheck } from '../check/create-check.ts'
import { fits } from '../check/fits.ts'
import { ProblemList } from '../check/problem-list.ts'
import { sentenceOf } from '../check/sentence-of.ts'
import { unstorable } from '../check/unstorable.ts'
import { withoutNulls } from '../check/without-nulls.ts'
import { checkAttributes, optionalAttributes } from '../codec/attributes.ts'
import type { CloudEvent } from '../codec/cloud-event.ts'
import type { Checked, Contract, DataInput, NewEvent } from '../codec/contract.ts'
import { encodeRecord } from '../codec/encode-record.ts'
import type { Problem } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import type { LinkSchemes } from '../link.ts'

/** The names of the required fields that are strings. */
type StringField<Data> = { [K in keyof Data]-?: Data[K] extends string ? K : never }[keyof Data] & string

/**
 * Declares one event type. `key` is the field of the data that is the key of the event; `rules` check what a schema cannot express. An
 * optional field that is null is read as absent, unless its schema accepts null. In `previous`, let the schemas of those fields accept
 * null that can have been absent: null means there that they were.
 */
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
  // Only an event without problems is of this type: its data fits the schema.
  const isChecked = (_: CloudEvent, problems: number): _ is CloudEvent<Type, Static<TObject<F>>> => problems === 0
  // The rules are called only with data that fits the schema.
  const isFitting = (_: unknown, misfits: number): _ is Static<TObject<F>> => misfits === 0

  const check = (
    event: CloudEvent,
    found = new ProblemList(),
    linkSchemes?: LinkSchemes,
  ): Checked<Type, Static<TObject<F>>> => {
    const before = found.count
    const { data: given, ...attributes } = event
    checkAttributes(attributes, '', found)
    unstorable(attributes, '', found)
    unstorable(given, '/data', found)
    // Data with a null for an optional field does not fit. Nearly all data fits, and is not searched for nulls.
    const isWhole = fits(schema, given)
    const data = isWhole ? given : withoutNulls(schema, given)
    const misfits = found.count
    if (!isWhole) checkData(data, '/data', found)
    if (rules && isFitting(data, found.count - misfits)) found.addAll(rules(data, linkSchemes), '/data')
    const checked = data === given ? event : { ...attributes, data }
    return isChecked(checked, found.count - before)
      ? { ok: true, event: checked }
      : { ok: false, problems: found.problems }
  }
  const create = (attributes: NewEvent<DataInput<Static<TObject<F>>>>): CloudEvent<Type, Static<TObject<F>>> => {
    const checked = check({ specversion: '1.0', type, ...attributesOf(attributes) })
    if (checked.ok) return checked.event
    const { problems } = checked
    throw eventErrors.EVENT_INVALID({ type, problems: sentenceOf(problems) }, { problems })
  }
  const contract: Contract<Type, Static<TObject<F>>> = {
    type,
    topic,
    key,
    schema: Type.Object(schema.properties, { title: type }),
    create,
    check,
    toKafka: (attributes) => {
      const message = encodeRecord(create(attributes), contract)
      return { topic, messages: [message] }
    },
  }
  return contract
}

/** Copies the attributes of an event, without those that are undefined or null and without unknown ones. */
function attributesOf<Data>(event: NewEvent<Data>) {
  const { source, id, data } = event
  const optional: Partial<Record<(typeof optionalAttributes)[number], string>> = {}
  for (const name of optionalAttributes) {
    const value = event[name] ?? undefined
    if (value !== undefined) optional[name] = value
  }
  return { source, id, ...optional, data }
}
