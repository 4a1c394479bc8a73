import { kafkaLimits } from '@belfry/kafka'
import Type from 'typebox'
import { flag, list, text, whole } from './fields.ts'
import { Tls } from './tls-section.ts'

/** Megabytes of memory that an intake thread may take, unless `kafka.worker_memory_mb` is given. */
export const WORKER_MEMORY_MB = 1_024

/** A host or an IPv6 address in brackets, and a port from 1 to 65535. */
const ADDRESS =
  '^([^\\s:/,@[\\]]+|\\[[\\da-fA-F:.]+(%[\\w.-]+)?\\]):(6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})$'
const Broker = text('a broker', {
  pattern: ADDRESS,
  description: 'host:port, such as localhost:9092 or [::1]:9092',
})
/** A text of the protocol has at most 32,767 bytes. */
const name = (title: string, value: string) =>
  text(title, { default: value, maxLength: 255, description: 'a text of at most 255 characters that is not blank' })

/** The section `kafka`. */
export const Kafka = Type.Object({
  bootstrap_servers: list(Broker, 'the brokers to connect to first, each as host:port', {
    default: ['localhost:9092'],
    minItems: 1,
  }),
  client_id: name('the client id, which the logs of brokers show', 'notification-service'),
  group_id: name('the consumer group', 'notification-group'),
  auto_offset_reset: Type.Enum(['earliest', 'latest', 'none'], {
    default: 'earliest',
    title: 'where a partition without a position starts',
    description: 'earliest, latest or none (refuse)',
  }),
  enable_auto_commit: flag(
    'true: copy positions to the group every interval; false: after every batch; both are safe',
    true,
  ),
  auto_commit_interval_ms: whole('milliseconds between copies', 100, 600_000, { default: 1_000 }),
  session_timeout_ms: whole('milliseconds after which the group removes a silent member', 1_000, 3_600_000, {
    default: 30_000,
  }),
  heartbeat_interval_ms: whole('milliseconds between heartbeats', 100, 600_000, { default: 10_000 }),
  workers: Type.Optional(
    whole(
      'intake threads, each a member of the group; one less than there are cores, and at most 2, unless it is given',
      1,
      64,
    ),
  ),
  worker_memory_mb: whole(
    'megabytes of memory that an intake thread may take, buffers outside of its heap too, garbage aside; above it the thread is restarted',
    128,
    65_536,
    { default: WORKER_MEMORY_MB },
  ),
  tls: Type.Optional(Tls('brokers')),
  sasl: Type.Optional(
    Type.Object(
      {
        mechanism: Type.Enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'], {
          title: 'how to authenticate',
          description: 'plain, scram-sha-256, scram-sha-512 or oauthbearer',
        }),
        username: Type.Optional(text('the user')),
        password: Type.Optional(text('the password')),
        token: Type.Optional(text('the token, for oauthbearer')),
      },
      { title: 'present: authenticate' },
    ),
  ),
  topic_names: Type.Record(Type.String(), text('the topic’s name on the broker'), {
    default: {},
    title: 'physical names by topic: booking = "prod.bookings.v1"',
    description: 'a table of texts',
  }),
  envelope: Type.Record(
    Type.String(),
    Type.Object({
      type: text('where the type is, as a path of fields'),
      id: Type.Optional(text('where the id is; without it topic, partition and offset are the identity')),
      time: Type.Optional(text('where the time is')),
      data: Type.Optional(text('where the data are; without it the whole object is the data')),
      source: text('the source that these events get'),
    }),
    {
      default: {},
      title:
        'how topics of plain JSON are read, by topic: type and source in each, and id, time and data where they are',
      description: 'a table of tables',
    },
  ),
  create_topics: flag('create topics that are missing', false),
  failover: flag('take over from killed members at once, where Postgres is the store', true),
  max_record_bytes: whole(
    'bytes of a record when it is decompressed; one that has more becomes a dead letter without them (`RECORD_TOO_LARGE`)',
    1_024,
    104_857_600,
    { default: kafkaLimits.RECORD_BYTES.most },
  ),
  queue_records: whole('records that wait per partition', 100, 1_000_000, { default: kafkaLimits.QUEUE_RECORDS.most }),
  queue_bytes: whole('bytes that wait per partition', 65_536, 1_073_741_824, { default: kafkaLimits.QUEUE_BYTES.most }),
})
