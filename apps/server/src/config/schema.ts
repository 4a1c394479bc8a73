import Type, { type Static } from 'typebox'
import { serverLimits } from '../limits/server-limits.ts'
import { Auth } from './auth-section.ts'
import { Duration } from './duration.ts'
import { list, text, whole } from './fields.ts'
import { Kafka } from './kafka-section.ts'
import { Postgres } from './postgres-section.ts'

/** The whole configuration, below [notification_service]. */
export const ConfigSchema = Type.Object({
  topics: Type.Optional(
    list(text('a topic'), 'the topics to consume; all topics of the composed plugins unless it is given', {
      minItems: 1,
    }),
  ),
  log_level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    title: 'the lowest level that is logged',
    default: 'info',
    description: 'trace, debug, info, warn, error or silent',
  }),
  notify_max_age: Duration(
    'older events keep audiences and profiles up to date and send no notification; at most retention.identity_days',
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
      folder: text('the folder of PGlite and of the secret of development tokens; one process at a time', {
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
      ops_host: Type.Optional(text('the address of ops_port to listen on; host unless it is given')),
      max_connections: whole(
        'connections of all clients to port; above it the newest is closed at once',
        1,
        1_000_000,
        { default: 20_000 },
      ),
      allowed_origins: list(
        text('an origin'),
        'pages and apps of these origins may connect, besides the pages that Belfry serves',
        {
          default: [],
          description: 'a list of origins, such as https://app.example.com, http://localhost or capacitor://localhost',
        },
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
