import type { Unsent } from '@belfry/core'
import type { NoticeKind } from './notice.ts'

/** A kind of notice as the log and docs/operations.md have it. */
interface KindRow {
  readonly level: 'info' | 'warn'
  /** What the record is like, and what is done with it. */
  readonly means: string
  readonly remedy: string
}

const KEY =
  'Send the record with the key of its event (docs/producer.md): events of one booking are in order only where they have one key.'

/** Everything that is noticed of records: the line of the log, and what to do. */
export const noticeKinds: Readonly<Record<NoticeKind, KindRow>> = {
  unknown_type: {
    level: 'info',
    means: 'the type is one that no plugin listens to: the record is skipped',
    remedy:
      'Nothing, if the events are for other services. Otherwise correct the type, or compose the plugin that listens to it.',
  },
  quoted_attributes: {
    level: 'warn',
    means:
      'every ce_ header, or one that is a URI or a time (ce_source), has its value in JSON quotes: the event is applied without them',
    remedy:
      'Send headers as plain text: in Java, a StringSerializer for headers, or String.getBytes; with Spring, a String and not a URI.',
  },
  http_attributes: {
    level: 'warn',
    means: 'the attributes are headers of HTTP (ce-) and not of Kafka (ce_): the event is applied',
    remedy: 'Send the headers as the Kafka binding of CloudEvents has them: ce_id, ce_source, ce_type.',
  },
  latin1_attributes: {
    level: 'warn',
    means: 'a ce_ header is not UTF-8: it is read as Latin-1, and the event is applied',
    remedy: 'Encode headers in UTF-8.',
  },
  repeated_attributes: {
    level: 'warn',
    means: 'a ce_ header comes several times: the last one counts, and the event is applied',
    remedy: 'Send each attribute once: set headers (replace them) where a library or an interceptor adds them.',
  },
  invalid_trace: {
    level: 'warn',
    means: 'the traceparent is not valid: the event is applied without its trace',
    remedy: 'Send a traceparent of W3C Trace Context (00-<32 hex digits>-<16>-<2>, in lower case), or none.',
  },
  unset_previous: {
    level: 'warn',
    means:
      'previous has null for a field that was never absent, such as startsAt: every null there is read as unchanged, and people are not told of a value that was absent before',
    remedy: 'Leave what did not change out of previous: in Java, @JsonInclude(NON_NULL) on its class.',
  },
  no_key: {
    level: 'warn',
    means: 'the record has no key: the event is applied, and its order among the events of its subject is not assured',
    remedy: KEY,
  },
  quoted_key: {
    level: 'warn',
    means:
      'the key of the record is in JSON quotes: the event is applied, and is in order only with events whose keys are quoted too',
    remedy: 'Serialise keys as plain strings (StringSerializer) and not as JSON.',
  },
  framed_key: {
    level: 'warn',
    means:
      'the key of the record begins as a schema registry frames it: the event is applied, and is in order only with events whose keys are framed too',
    remedy: 'Serialise keys as plain strings (StringSerializer), without a schema registry.',
  },
  other_key: {
    level: 'warn',
    means:
      'the key of the record is not the key of its event: the event is applied, and its order among the events of its subject is not assured',
    remedy: KEY,
  },
  other_topic: {
    level: 'warn',
    means:
      'the topic of the record is not the topic of its event: the event is applied, and its order among the events of its subject is not assured',
    remedy: 'Send each type to the topic of its contract (docs/producer.md).',
  },
  too_old: {
    level: 'info',
    means: 'the event is older than notify_max_age: it changes audiences and profiles, and causes no notifications',
    remedy:
      'Nothing, where history is read for the first time. Otherwise check the time of the events and how long they wait, or raise notify_max_age.',
  },
  tombstone: {
    level: 'info',
    means: 'the record has no value (a tombstone): it is skipped',
    remedy:
      'Nothing, on a compacted topic. An event without data cannot be sent: send an event that describes what happened.',
  },
  empty: {
    level: 'warn',
    means: 'the value of the record is empty: it is skipped, as a tombstone is',
    remedy: 'Check the serialiser of the producer: an event has its data as the value.',
  },
}

/** Why a notification is not sent, and what to do. */
export const unsentReasons: Readonly<Record<Unsent['reason'], Omit<KindRow, 'level'>>> = {
  withdrawn: {
    means: 'a notification was not sent, because its key had been withdrawn',
    remedy:
      'Nothing, where the withdrawal overtook its event. A key that was withdrawn is never used again: use another.',
  },
  expired: {
    means: 'a notification was not sent, because it had expired before it arrived',
    remedy: 'Check expiresAt of the event, and how far behind the topic is (belfry_lag_seconds).',
  },
  empty_audience: {
    means: 'an audience of a notification had no members at the time of its event',
    remedy:
      'Nothing, where that can be so, as for a resource without managers. Otherwise check the name of the audience, and whether the events that fill it have arrived.',
  },
}
