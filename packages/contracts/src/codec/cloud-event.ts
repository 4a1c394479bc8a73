/**
 * An event of CloudEvents 1.0, with the attributes that Belfry keeps. Other extension attributes are not kept, and the data is always JSON.
 * `source` and `id` together are the identity of the event: sent twice, it is one event.
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0'
  /** 1–256 characters. The producer derives it from what happened (an outbox row, `<bookingId>:created`) and does not draw it at random on each try. */
  readonly id: string
  /** A URI reference of 1–512 characters that names the producer, such as `/booking-service`. */
  readonly source: string
  readonly type: Type
  /** When it happened: RFC 3339 with an offset. */
  readonly time?: string
  /** 1–512 characters. */
  readonly subject?: string
  /** The address of a schema, 1–512 characters. */
  readonly dataschema?: string
  /** W3C Trace Context. */
  readonly traceparent?: string
  readonly tracestate?: string
  readonly data: Data
}
