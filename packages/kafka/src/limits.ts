import { defineLimits } from '@belfry/contracts/limits'

/** The limits of what is read from Kafka and put onto it. */
export const kafkaLimits = defineLimits({
  QUEUE_RECORDS: {
    what: 'Records of a partition that wait to be applied',
    most: 5_000,
    unit: 'records',
    key: 'kafka.queue_records',
    beyond: 'the partition is not read on until half of them are applied',
    test: 'packages/kafka/test/partition.test.ts: is full by records or by bytes, and has room again when half of it is taken',
  },
  QUEUE_BYTES: {
    what: 'Bytes of a partition that wait to be applied',
    most: 16_777_216,
    unit: 'bytes',
    key: 'kafka.queue_bytes',
    beyond: 'the partition is not read on until half of them are applied',
    test: 'packages/kafka/test/partition.test.ts: is full by records or by bytes, and has room again when half of it is taken',
  },
})
