import type { TObject } from 'typebox'
import type { ProblemList } from '../check/problem-list.ts'
import type { Problem } from '../errors.ts'
import type { LinkSchemes } from '../link.ts'
import type { CloudEvent } from './cloud-event.ts'

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
