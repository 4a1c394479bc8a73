/** Brokers refuse every event of the topic: it does not exist, or this service must not write it. */
const OF_THE_TOPIC: readonly string[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
]
/** Brokers refuse this event whenever it is sent. */
const OF_THE_EVENT: readonly string[] = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
]

/**
 * Returns what cannot be sent, by the error of sending one event: the events of its key, because this event is refused, or those of its topic.
 * Returns undefined if the next try can succeed, because brokers are away, are overloaded or have moved a partition.
 */
export function whatIsRefused(error: unknown): 'key' | 'topic' | undefined {
  if (!(error instanceof Error)) return undefined
  // kafkajs cannot make a record of it: a header is not a text.
  if ('code' in error && error.code === 'ERR_INVALID_ARG_TYPE') return 'key'
  if (error.message === 'Invalid topic') return 'topic'
  // The error after several tries has the last one as its cause. The brokers' own errors have a type.
  const last = error.cause instanceof Error ? error.cause : error
  const type = 'type' in last ? String(last.type) : ''
  if (OF_THE_TOPIC.includes(type)) return 'topic'
  return OF_THE_EVENT.includes(type) ? 'key' : undefined
}
