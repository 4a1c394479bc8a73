import { defineErrors } from '@belfry/contracts/errors'

/** The errors of this package: code → sentence and remedy. */
export const kafkaErrors = defineErrors({
  KAFKAJS_OTHER: {
    says: 'kafkajs {found} was found, expected {known} as it was published: its patches are written for that version alone',
    remedy: 'Install kafkajs 2.2.4 beside @belfry/kafka, without patches or overrides of another version.',
  },
  KAFKA_SASL_INCOMPLETE: {
    says: 'SASL {mechanism} needs {what}',
    remedy: 'Add it to [notification_service.kafka.sasl], or name another mechanism there.',
  },
  KAFKA_BATCH_TOO_LARGE: {
    says: '{what} of a batch not read: {why}',
    remedy:
      'Find out which producer wrote the batch: a batch of events is never like that. Make it write smaller batches, and send again what still matters; then delete the dead letter.',
  },
  RECORD_TOO_LARGE: {
    says: 'the record has {size} bytes, and kafka.max_record_bytes is {most}: it was not read',
    remedy:
      'Make its producer send smaller events, and delete the dead letter. Or raise [notification_service.kafka] max_record_bytes and move the position of the partition back to the offset of the record (PUT /v1/ops/topics/…/partitions/…/position): it is read again, and what was applied after it is recognised as a repeat.',
  },
  EVENT_TOO_LARGE: {
    says: '{topic} does not accept a record of {bytes} bytes: {why}',
    remedy:
      'Send less in one event, or raise the limit: max.message.bytes of the topic, and [notification_service.kafka] max_record_bytes. Some events that were sent together with it may have been accepted: send all others again, with the same ids.',
  },
  KAFKA_UNREACHABLE: {
    says: 'Kafka at {where} cannot be reached: {why}',
    remedy: 'Start it, or correct [notification_service.kafka] bootstrap_servers, tls and sasl.',
    transient: true,
  },
  KAFKA_ADDRESSES_UNREACHABLE: {
    says: 'Kafka answers, but none of its brokers can be reached at the addresses that they advertise ({addresses}): {why}',
    remedy: 'Set advertised.listeners of the brokers to addresses that this machine can reach.',
    transient: true,
  },
  KAFKA_AUTHENTICATION_FAILED: {
    says: 'Kafka at {where} does not accept the credentials: {why}',
    remedy: 'Correct the mechanism and the credentials in [notification_service.kafka.sasl].',
  },
  KAFKA_TOO_OLD: {
    says: 'Kafka at {where} is too old: {what}',
    remedy: 'Upgrade the brokers.',
  },
  KAFKA_TOO_NEW: {
    says: 'Kafka at {where} no longer supports the requests that Belfry sends: {what}',
    remedy: 'Upgrade Belfry, or keep the brokers at the version that they had before.',
  },
  KAFKA_SESSION_TIMEOUT_REFUSED: {
    says: 'kafka.session_timeout_ms is {found}, expected {least} to {most}: Kafka at {where} accepts no other value (group.min.session.timeout.ms and group.max.session.timeout.ms)',
    remedy: 'Set [notification_service.kafka] session_timeout_ms within that range, or widen it on the brokers.',
  },
  TOPICS_MISSING: {
    says: 'Kafka at {where} lacks {topics}',
    remedy: 'Create these topics, or let Belfry create them: create_topics = true in [notification_service.kafka].',
  },
  TOPICS_REFUSED: {
    says: 'Kafka at {where} refuses {topics}: {why}',
    remedy:
      'Allow the user of [notification_service.kafka.sasl] to describe and read these topics, or correct their names.',
  },
  TOPICS_INTERNAL: {
    says: 'Kafka keeps its own records in {topics}: these topics hold no events',
    remedy: 'Name another topic in [notification_service] topics and [notification_service.kafka.topic_names].',
  },
  TOPICS_NOT_CREATED: {
    says: 'Kafka did not create {topics}: {why}',
    remedy: 'Allow the user of [notification_service.kafka.sasl] to create topics, or create them by other means.',
  },
  PARTITION_UNKNOWN: {
    says: '{topic} has no partition {partition}: its partitions are 0 to {last}',
    remedy: 'Name an existing partition.',
  },
  POSITION_MISSING: {
    says: 'partition {partition} of {topic} has no position, the group {group} has no offset for it, and auto_offset_reset is none',
    remedy: 'Set where it begins, for the first start: auto_offset_reset = "earliest" or "latest".',
  },
})
