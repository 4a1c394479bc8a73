import { kafkaLimits } from '@belfry/kafka'
import Type, { type Static, type TSchema } from 'typebox'
import { serverLimits } from '../limits/server-limits.ts'
import { SECRET_LENGTH } from './is-weak-secret.ts'

// A key's `title` says what it is for, its `description` what is expected: mistakes quote the one, docs/configuration.md both.

/** A duration as people write it: a number and ms, s, m, h or d. */
const Duration = (title: string, value: string) =>
  Type.String({
    title,
    pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
    default: value,
    description: 'a duration, such as 30s, 15m, 24h or 7d',
  })
const text = (title: string, more: object = {}) =>
  Type.String({ title, pattern: '\\S', description: 'a text that is not blank', ...more })
const flag = (title: string, value: boolean) => Type.Boolean({ title, default: value, description: 'true or false' })
const whole = (title: string, minimum: number, maximum: number, more: object = {}) =>
  Type.Integer({ title, minimum, maximum, description: `a whole number from ${minimum} to ${maximum}`, ...more })
const list = <S extends TSchema>(of: S, title: string, more: object = {}) =>
  Type.Array(of, { title, description: 'a list', ...more })

const Secret = text('a secret', {
  minLength: SECRET_LENGTH,
  description: `a secret of at least ${SECRET_LENGTH} characters`,
})

/** Where nothing is said of Kafka. */
export const WORKER_MEMORY_MB = 1_024

/** A host or an IPv6 address in brackets, and a port from 1 to 65535. */
const ADDRESS =
  '^([^\\s:/,@[\\]]+|\\[[\\da-fA-F:.]+(%[\\w.-]+)?\\]):(6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})$'
const Broker = text('a broker', {
  pattern: ADDRESS,
  description: 'host:port, such as localhost:9092 or [::1]:9092',
})
/** What the protocol has for a text holds no more than 32,767 bytes. */
const name = (title: string, value: string) =>
  text(title, { default: value, maxLength: 255, description: 'a text of at most 255 characters that is not blank' })

const Kafka = Type.Object({
  bootstrap_servers: list(Broker, 'the brokers to begin with, each as host:port', {
    default: ['localhost:9092'],
    minItems: 1,
  }),
  client_id: name('the name that brokers see', 'notification-service'),
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
  session_timeout_ms: whole('milliseconds after which the group gives up a silent member', 1_000, 3_600_000, {
    default: 30_000,
  }),
  heartbeat_interval_ms: whole('milliseconds between heartbeats', 100, 600_000, { default: 10_000 }),
  workers: whole('intake threads, each a member of the group', 1, 64, { default: 2 }),
  worker_memory_mb: whole(
    'megabytes of memory that an intake thread may take, buffers outside of its heap too, garbage aside; above it the thread is started anew',
    128,
    65_536,
    { default: WORKER_MEMORY_MB },
  ),
  tls: Type.Optional(
    Type.Object(
      {
        ca_file: Type.Optional(text('a PEM file of authorities, instead of the system’s')),
        cert_file: Type.Optional(text('a PEM file with our certificate')),
        key_file: Type.Optional(text('a PEM file with our key')),
        reject_unauthorized: flag('refuse brokers whose certificate cannot be verified', true),
      },
      { title: 'present: connect with TLS' },
    ),
  ),
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

const Postgres = Type.Object({
  url: text('the database', { pattern: '^postgres(ql)?://', description: 'postgres://user@host:port/database' }),
  session_url: Type.Optional(
    text('the same database without the pooler, where a transaction pooler stands before url', {
      pattern: '^postgres(ql)?://',
      description: 'postgres://user@host:port/database',
    }),
  ),
  pool_size: whole('connections for requests', 1, 1_000, { default: 10 }),
  intake_pool_size: whole('connections for the intake and for upkeep', 2, 1_000, { default: 4 }),
  statement_timeout: Duration(
    'how long a statement of the intake may take, from 1s to 1h; then it is tried again',
    '30s',
  ),
  tls: Type.Optional(
    Type.Object(
      {
        ca_file: Type.Optional(text('a PEM file of authorities, instead of the system’s')),
        cert_file: Type.Optional(text('a PEM file with our certificate')),
        key_file: Type.Optional(text('a PEM file with our key')),
        reject_unauthorized: flag('refuse a server whose certificate cannot be verified', true),
      },
      { title: 'present: connect with TLS' },
    ),
  ),
})

const Auth = Type.Object({
  secret: Type.Optional(Secret),
  secrets: Type.Optional(
    list(Secret, 'the newest first; two at once while they are changed', {
      minItems: 1,
      maxItems: 2,
      description: `one or two secrets of at least ${SECRET_LENGTH} characters`,
    }),
  ),
  public_key_file: Type.Optional(
    text('the public key of whoever signs', { description: 'a PEM file with one public key or certificate' }),
  ),
  jwks_url: Type.Optional(
    text('the JSON Web Key Set of whoever signs; fetched when it is needed, and again for a key that is not known', {
      // Names and passwords in an address would end in logs.
      pattern: '^https?://[^/?#@\\\\\\s]+([/?#]\\S*)?$',
      description: 'an address without a user, such as https://login.example.com/.well-known/jwks.json',
    }),
  ),
  issuer: Type.Optional(text('what the claim iss must be')),
  audience: Type.Optional(text('what the claim aud must hold')),
  person_claim: text('the claim that names the person', { default: 'sub' }),
  scope_claim: text('the claim that holds the scopes: a text that separates them by spaces, or a list of texts', {
    default: 'scope',
  }),
})

/** The whole configuration, below [notification_service]. */
export const ConfigSchema = Type.Object({
  topics: Type.Optional(
    list(text('a topic'), 'what to consume; all topics of the composed plugins unless it is named', { minItems: 1 }),
  ),
  log_level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    title: 'what is logged',
    default: 'info',
    description: 'trace, debug, info, warn, error or silent',
  }),
  notify_max_age: Duration(
    'older events keep audiences and profiles up to date and notify nobody; at most retention.identity_days',
    '24h',
  ),
  link_schemes: list(
    text('a scheme', { pattern: '^[a-z][a-z0-9+.-]*$', maxLength: 64, description: 'a scheme, such as myapp' }),
    'schemes that links of notifications may have beside https and http, such as that of an app',
    { default: [], maxItems: 32, description: 'a list of at most 32 schemes, such as myapp' },
  ),
  kafka: Type.Optional(Kafka),
  postgres: Type.Optional(Postgres),
  embedded: Type.Object(
    {
      folder: text('where PGlite and the secret of development tokens live; one process at a time', {
        default: '.belfry',
      }),
    },
    { default: {} },
  ),
  http: Type.Object(
    {
      host: text('the address to listen on', { default: '127.0.0.1' }),
      port: whole('the port to listen on; 0 takes a free one', 0, 65_535, { default: 8_080 }),
      ops_port: Type.Optional(
        whole(
          'a port of its own for operators and probes: /ready, /metrics, /docs and /v1/ops are served there and no longer on port; 0 takes a free one',
          0,
          65_535,
        ),
      ),
      ops_host: Type.Optional(text('the address of ops_port to listen on; host unless it is named')),
      max_connections: whole(
        'connections of all clients to port; above it the newest is closed at once',
        1,
        1_000_000,
        { default: 20_000 },
      ),
      allowed_origins: list(
        text('an origin', { pattern: '^https?://[^/]+$', description: 'an origin, such as https://app.example.com' }),
        'pages of these origins may connect, beside our own',
        { default: [] },
      ),
    },
    { default: {} },
  ),
  auth: Type.Optional(Auth),
  limits: Type.Object(
    {
      marks_per_second: whole('marks of one person in a second; above it 429', 1, 1_000_000, {
        default: serverLimits.MARKS.most,
      }),
      reads_per_second: whole(
        'pages and notifications that one person reads in a second, over five seconds; a resume counts as ten, and a page as one for every 50 of its limit; above it 429 and 4029',
        1,
        1_000_000,
        { default: serverLimits.READS.most },
      ),
      sockets_per_second: whole(
        'new sockets and event streams of one person in a second; above it 4010 and 429',
        1,
        1_000_000,
        { default: serverLimits.SOCKETS.most },
      ),
      failed_tokens_per_minute: whole(
        'tokens that are not valid, from one address (of IPv6 its /64) in a minute; above it 429 instead of 401',
        1,
        1_000_000,
        { default: serverLimits.FAILED_TOKENS.most },
      ),
    },
    { default: {} },
  ),
  retention: Type.Object(
    {
      read_days: whole('days that read or archived notifications are kept', 1, 36_500, { default: 30 }),
      days: whole('days that any notification is kept; dead letters and ended memberships too', 1, 36_500, {
        default: 90,
      }),
      identity_days: whole('days that a repeated event is recognised', 1, 36_500, { default: 7 }),
    },
    { default: {} },
  ),
  plugins: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
    default: {},
    title: 'by plugin: enabled = false leaves it out; its other settings are checked by its own schema',
    description: 'a table of tables',
  }),
})

/** The configuration, checked and with its defaults; the keys are those of the file. */
export type Config = Static<typeof ConfigSchema>

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration of the configuration in milliseconds. */
export function milliseconds(duration: string): number {
  const [, count, unit] = /^([\d.]+)(\D+)$/.exec(duration) ?? []
  return Number(count) * (units[unit ?? ''] ?? Number.NaN)
}
