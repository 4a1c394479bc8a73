/**
 * An event as CloudEvents 1.0 has it, with the attributes that Belfry keeps; other extension attributes are not kept, and
 * data are always JSON. `source` and `id` together are its identity: sent twice, it is one event.
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0'
  /** 1–256 characters; given by the producer from what happened (an outbox row, `<bookingId>:created`), not at random on each try. */
  readonly id: string
  /** A URI reference of 1–512 characters that names who says so, such as `/booking-service`. */
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
