import { defineErrors } from '@belfry/contracts/errors'

/** Every error of the server: code → sentence and remedy. */
export const serverErrors = defineErrors({
  CONFIG_INVALID: {
    says: '{problems}',
    remedy:
      'Fix what is named; all mistakes are listed at once, and nothing was started. docs/configuration.md lists every key.',
  },
  CONFIG_UNREADABLE: {
    says: '{file} cannot be read: {why}',
    remedy: 'Name a readable TOML file with --config or BELFRY_CONFIG, or none for the embedded default.',
  },
  TLS_FILE_UNUSABLE: {
    says: '{section}.tls.{key} names {file}, which cannot be used: {why}',
    remedy: 'Name a readable PEM file there.',
  },
  TLS_INCOMPLETE: {
    says: '{section}.tls.{there} is there without {section}.tls.{missing}: a certificate needs its key',
    remedy: 'Name both, or neither where the server does not require a certificate of the client.',
  },
  OPTION_UNKNOWN: {
    says: '{problems}',
    remedy: 'belfry --help lists the commands and their options.',
  },
  PLUGINS_UNREADABLE: {
    says: '{file} cannot be loaded: {why}',
    remedy: 'The file exports the list of plugins as its default.',
  },
  HTTP_PORT_UNUSABLE: {
    says: '{host}:{port} cannot be listened on: {why}',
    remedy:
      'Stop what uses it, or choose another ([notification_service.http] host and port, ops_host and ops_port, or NOTIFICATION_SERVICE__HTTP__PORT).',
  },
  REQUEST_INVALID: {
    says: 'the request is not as expected: {problems}',
    remedy: 'Fix what is named; /docs shows every route with its schemas.',
  },
  BODY_INVALID: {
    says: 'the body cannot be read: {why}',
    remedy: 'Send JSON in UTF-8.',
  },
  CONTENT_TYPE_NOT_JSON: {
    says: 'the content type of the body is {found}, expected application/json',
    remedy: 'Send Content-Type: application/json.',
  },
  CONTENT_ENCODING_UNSUPPORTED: {
    says: 'the encoding of the body is {found}; this route accepts {accepted}',
    remedy:
      'Send the body without Content-Encoding. POST /v1/events also accepts it compressed once with gzip (Content-Encoding: gzip).',
  },
  BODY_NOT_GZIP: {
    says: 'the body cannot be decompressed: {why}',
    remedy: 'Compress the whole body with gzip and send all of it, or send it without Content-Encoding.',
  },
  BODY_TOO_LARGE: {
    says: '{what} is larger than {most} bytes',
    remedy: 'Send less at a time; nothing of this was accepted.',
  },
  HEADERS_TOO_LARGE: {
    says: 'the headers are larger than 16 KiB together',
    remedy: 'Send fewer or shorter headers; it is often a token with too many claims.',
  },
  REQUEST_TIMED_OUT: {
    says: 'the request did not come in time',
    remedy: 'Send the same request again, without pausing in the middle of it.',
  },
  REQUEST_ABANDONED: {
    says: 'the client has closed the connection before its request was answered',
    remedy: 'Send the same request again, and wait for its answer.',
  },
  TOKEN_MISSING: {
    says: 'there is no token',
    remedy: 'Send a JSON Web Token: Authorization: Bearer …',
  },
  TOKEN_INVALID: {
    says: 'the token is not valid: {why}',
    remedy: 'Send a token that was signed with the configured secret or key, for this issuer and audience.',
  },
  TOKEN_EXPIRED: {
    says: 'the token has expired',
    remedy: 'Fetch a fresh token and send the same request again.',
  },
  KEYS_UNAVAILABLE: {
    says: 'the keys that tokens are verified with cannot be fetched',
    remedy:
      'Send the same request again later, with the same token. For operators: auth.jwks_url must answer with a JSON Web Key Set; the log has the reason.',
    transient: true,
  },
  KEYS_UNREACHABLE: {
    says: 'the keys at {where} cannot be fetched: {why}',
    remedy:
      'Start the service that has them, or correct [notification_service.auth] jwks_url: it must answer with a JSON Web Key Set.',
    transient: true,
  },
  KEY_INVALID: {
    says: 'the access key is missing or wrong',
    remedy:
      'Send Authorization: Bearer <key>, with what the file access-key of the embedded folder holds; or sign a token with belfry token.',
  },
  SECRET_UNUSABLE: {
    says: '{file} cannot be used: {why}',
    remedy:
      'Delete it: the next start draws another. Tokens that were signed with a deleted token-secret are not valid any more.',
  },
  SECRET_MISSING: {
    says: 'there is no secret in {folder} yet: start Belfry once, or name its configuration with --config',
    remedy: 'The first start draws the secret. Run belfry token in the folder in which Belfry was started.',
  },
  TOKENS_SIGNED_ELSEWHERE: {
    says: 'no token can be signed here: auth.{key} only verifies tokens, which the identity provider signs with its private key',
    remedy: 'Get a token from the identity provider, or configure a secret where Belfry is only tried.',
  },
  SCOPE_MISSING: {
    says: 'the token does not have the scope {scope}',
    remedy: 'Use a token whose scope claim holds it.',
  },
  ORIGIN_REFUSED: {
    says: 'pages of {origin} must not connect',
    remedy: 'Add the origin to [notification_service.http] allowed_origins.',
  },
  NOT_FOUND: {
    says: 'there is no {what}',
    remedy: '/docs shows every route; a notification is found only by its own person.',
  },
  NOT_ACCEPTABLE: {
    says: 'this route streams',
    remedy: 'Connect with WebSocket (subprotocol belfry.v1), or send Accept: text/event-stream.',
  },
  DEAD_LETTER_FOLLOWED: {
    says: 'dead letter {id} was followed by {count} later events of its key, which have been applied',
    remedy: 'Check what they have changed; to apply it over them, send { "force": true }.',
  },
  DEAD_LETTER_FAILED_AGAIN: {
    says: 'dead letter {id} failed again: {why}',
    remedy: 'It is kept, with the new reason: fix what is named, then try again.',
  },
  INTAKE_NOT_BEGUN: {
    says: 'intake thread {number} {why} before it had begun',
    remedy:
      'Give it more memory ([notification_service.kafka] worker_memory_mb), or check what the plugins do when they are loaded.',
  },
  INTAKE_INTERRUPTED: {
    says: 'an intake thread is being restarted: {why}',
    remedy: 'Nothing is lost. Try again in some seconds; GET /ready reports how the intake is.',
    transient: true,
  },
  TOO_MANY_CONNECTIONS: {
    says: 'this person has {most} connections already',
    remedy: 'Close one of them first.',
  },
  TOO_MANY_REQUESTS: {
    says: 'this is too much at once: try again in {seconds} s',
    remedy: 'Send the same request again after Retry-After; [notification_service.limits] has the limits.',
    transient: true,
  },
  STOPPING: {
    says: 'this process is stopping',
    remedy: 'Send the same request again: another process answers, or this one when it is back.',
    transient: true,
  },
  INTERNAL: {
    says: 'something went wrong in the server',
    remedy: 'Send the same request again later; the log has the reason.',
  },
})
