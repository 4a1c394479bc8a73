import { defineLimits } from '@belfry/contracts/limits'

/** The limits of what is read from Kafka and written to it. */
export const kafkaLimits = defineLimits({
  RECORD_BYTES: {
    what: 'A record of Kafka, decompressed',
    most: 1_048_576,
    unit: 'bytes',
    key: 'kafka.max_record_bytes',
    beyond: 'a dead letter without its bytes and with its size (`RECORD_TOO_LARGE`)',
    metric: 'belfry_dead_letters_total{code="RECORD_TOO_LARGE"}',
    test: 'packages/kafka/test/bombs.long.test.ts: is passed over with its size, and its neighbours are read',
  },
  BATCH_AT_ONCE: {
    what: 'A record batch that is decompressed at once',
    most: 4_194_304,
    unit: 'bytes',
    beyond: 'it is decompressed in pieces, and its records are read one after the other',
    test: 'packages/kafka/test/bombs.long.test.ts: takes no more memory than its records may, however often it comes',
  },
  BATCH_RECORDS: {
    what: 'The records of a batch that are read, with 512 bytes added for each',
    most: 268_435_456,
    unit: 'bytes',
    beyond: 'the rest of the batch becomes one dead letter that names the offsets (`KAFKA_BATCH_TOO_LARGE`)',
    metric: 'belfry_dead_letters_total{code="KAFKA_BATCH_TOO_LARGE"}',
    test: 'packages/kafka/test/bombs.long.test.ts: is read up to its limit where it has more records than that, and the rest is one letter',
  },
  BATCH_BYTES: {
    what: 'A record batch, decompressed',
    most: 4_294_967_296,
    unit: 'bytes',
    beyond: 'the rest of the batch becomes one dead letter that names the offsets (`KAFKA_BATCH_TOO_LARGE`)',
    metric: 'belfry_dead_letters_total{code="KAFKA_BATCH_TOO_LARGE"}',
    test: 'packages/kafka/test/bombs.long.test.ts: is read up to its limit where it has more bytes than that, and the rest is one letter',
  },
  SNAPPY_WINDOW: {
    what: 'How far a Snappy block of more than 4 MiB refers back',
    most: 1_048_576,
    unit: 'bytes',
    beyond: 'the rest of the batch becomes one dead letter that names the offsets (`KAFKA_BATCH_TOO_LARGE`)',
    metric: 'belfry_dead_letters_total{code="KAFKA_BATCH_TOO_LARGE"}',
    test: 'packages/kafka/test/bombs.long.test.ts: is read up to where it refers back further than is kept',
  },
  FETCH: {
    what: 'The decoded part of an answer to a fetch, with 512 bytes added for each record',
    most: 67_108_864,
    unit: 'bytes',
    beyond: 'the rest is fetched again',
    test: 'packages/kafka/test/bombs.long.test.ts: is handed over in parts, and nothing of it is lost or repeated',
  },
  QUEUE_RECORDS: {
    what: 'Records of a partition that wait to be applied',
    most: 5_000,
    unit: 'records',
    key: 'kafka.queue_records',
    beyond: 'the partition is not read further until half of them are applied',
    test: 'packages/kafka/test/partition.test.ts: is full by records or by bytes, and has room again when half of it is taken',
  },
  QUEUE_BYTES: {
    what: 'Bytes of a partition that wait to be applied',
    most: 16_777_216,
    unit: 'bytes',
    key: 'kafka.queue_bytes',
    beyond: 'the partition is not read further until half of them are applied',
    test: 'packages/kafka/test/partition.test.ts: is full by records or by bytes, and has room again when half of it is taken',
  },
})
