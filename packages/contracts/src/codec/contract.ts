import type { TObject } from 'typebox'
import type { ProblemList } from '../check/problem-list.ts'
import type { Problem } from '../errors.ts'
import type { LinkSchemes } from '../link.ts'
import type { CloudEvent } from './cloud-event.ts'

/** The attributes and data from which a contract makes an event; `source` and `id` together are its identity. */
export interface NewEvent<Data> {
  readonly source: string
  readonly id: string
  /** When it happened: RFC 3339 with an offset. Without it, the time at which the log received the event counts. */
  readonly time?: string | null
  readonly subject?: string | null
  readonly dataschema?: string | null
  readonly traceparent?: string | null
  readonly tracestate?: string | null
  readonly data: Data
}

/**
 * The data of an event as producers pass it: its lists may be read-only, and an optional field may be null, as if it were absent. In
 * `previous` null is a value, where the contract has it.
 */
export type DataInput<Data> = unknown extends Data
  ? Data
  : Data extends Primitive
    ? Data
    : Data extends readonly unknown[]
      ? { readonly [K in keyof Data]: DataInput<Data[K]> }
      : {
          readonly [K in keyof Data]: K extends 'previous'
            ? ReadOnly<Data[K]>
            : DataInput<Data[K]> | (IsOptional<Data, K> extends true ? null : never)
        }
type Primitive = string | number | boolean | null | undefined
type ReadOnly<Data> = Data extends Primitive ? Data : { readonly [K in keyof Data]: ReadOnly<Data[K]> }
type IsOptional<Data, K extends keyof Data> = { readonly [One in K]?: Data[One] } extends Pick<Data, K> ? true : false

/** One message for Kafka, in the form that kafkajs and the other JavaScript clients send. */
export interface KafkaMessage {
  /** For clients that send messages of several topics; the others do not read it. */
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

/** The definition of one event type: it types and checks its events. Producers and plugins use the same exported value. `Input` is the data that producers pass. */
export interface Contract<Type extends string = string, Data = unknown, Input = DataInput<Data>> {
  readonly type: Type
  readonly topic: string
  /** The field of the data that is the key of the event: events with the same key keep their order. */
  readonly key: string
  /** The JSON Schema of the data, for producers in other languages. */
  readonly schema: TObject
  /**
   * Makes a checked event.
   * @throws EVENT_INVALID with every problem: what was found, what was expected and what was probably meant
   */
  create(event: NewEvent<Input>): CloudEvent<Type, Data>
  /**
   * Makes a checked event, as the argument `{ topic, messages }` of `producer.send` of a Kafka client. Each message has the topic too.
   * @throws EVENT_INVALID, as `create` does
   */
  toKafka(event: NewEvent<Input>): { topic: string; messages: KafkaMessage[] }
  /**
   * Checks an event of this type. Returns it without the optional fields of its data that are null, or every problem. The problems are
   * added to `found`. `linkSchemes` are the schemes that the configuration allows; without them a link may have any scheme that it can allow.
   */
  check(event: CloudEvent, found?: ProblemList, linkSchemes?: LinkSchemes): Checked<Type, Data>
}

/** The result of a contract's check: the event, or every problem of it. */
export type Checked<Type extends string = string, Data = unknown> =
  | { readonly ok: true; readonly event: CloudEvent<Type, Data> }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** The event that a contract describes. */
export type EventOf<C> = C extends Contract<infer Type, infer Data, unknown> ? CloudEvent<Type, Data> : never
/** The data of the event that a contract describes. */
export type DataOf<C> = C extends Contract<string, infer Data, unknown> ? Data : never
