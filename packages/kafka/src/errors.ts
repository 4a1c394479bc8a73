import { defineErrors } from '@belfry/contracts/errors'

/** Every error of the Kafka source: code → sentence and remedy. */
export const kafkaErrors = defineErrors({
  KAFKAJS_OTHER: {
    says: 'kafkajs {found} was found, expected {known} as it was published: what is mended in it is known for that version alone',
    remedy: 'Install kafkajs 2.2.4 beside @belfry/kafka, without patches or overrides of another version.',
  },
  KAFKA_TLS_FILE_UNREADABLE: {
    says: '{file} cannot be read: {why}',
    remedy: 'Name readable PEM files in [notification_service.kafka.tls].',
  },
  KAFKA_SASL_INCOMPLETE: {
    says: 'SASL {mechanism} needs {what}',
    remedy: 'Add it to [notification_service.kafka.sasl], or name another mechanism there.',
  },
  KAFKA_BATCH_TOO_LARGE: {
    says: 'a record batch holds more than {limit} MiB when it is decompressed',
    remedy:
      'Find out who wrote it: no event is of that size. Skip it by moving the position of its partition, and let the producer write smaller batches.',
  },
})
