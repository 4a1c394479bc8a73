import { isLinkScheme } from '@belfry/contracts'
import { shown } from '@belfry/contracts/check'
import type { Problem } from '@belfry/contracts/errors'
import { tlsParametersOf } from '@belfry/postgres'
import { milliseconds } from './duration.ts'
import { isLoopback } from './is-loopback.ts'
import { isWeakSecret, SECRET_CHARACTERS, SECRET_LENGTH } from './is-weak-secret.ts'
import { meantOrigin, originOf } from './origin.ts'

// What the schema of one key cannot check: keys that depend on others. The configuration may be wrong in any other way too, so that each
// rule checks what it reads.

type Rule = (config: Readonly<Record<string, unknown>>) => Iterable<Problem>

const problem = (path: string, message: string): Problem => ({ path, message })

/** All that is wrong with a configuration by these rules. */
export function rulesOf(config: unknown): readonly Problem[] {
  const sections: Readonly<Record<string, unknown>> = Object(config)
  const rules = [authRules, linkRules, openRules, originRules, opsRules, kafkaRules, retentionRules, postgresRules]
  return rules.flatMap((rule: Rule) => [...rule(sections)])
}

const WAYS_TO_SIGN = ['secret', 'secrets', 'public_key_file', 'jwks_url']

function* authRules({ auth }: Readonly<Record<string, unknown>>): Generator<Problem> {
  const ways = WAYS_TO_SIGN.filter((key) => Object(auth)[key] !== undefined)
  if (auth !== undefined && ways.length !== 1)
    yield problem(
      '/auth',
      `has ${ways.join(' and ') || 'none'}, expected exactly one of secret, secrets, public_key_file and jwks_url`,
    )
  for (const [path, secret] of secretsOf(auth))
    if (secret.length >= SECRET_LENGTH && isWeakSecret(secret))
      yield problem(path, `is not as it should be, expected at least ${SECRET_CHARACTERS} different characters`)
  const { jwks_url: url } = Object(auth)
  if (typeof url === 'string' && /^https?:/.test(url) && !URL.canParse(url))
    yield problem('/auth/jwks_url', 'is not as it should be, expected an address that can be read')
}

function* linkRules({ link_schemes: named }: Readonly<Record<string, unknown>>): Generator<Problem> {
  if (!Array.isArray(named)) return
  for (const [index, scheme] of named.entries())
    if (typeof scheme === 'string' && /^[a-z]/.test(scheme) && !isLinkScheme(scheme))
      yield problem(`/link_schemes/${index}`, `is ${shown(scheme)}, which runs or shows what a link must not`)
}

/** Without `auth` only the embedded default runs, and only for this machine. */
function* openRules({ auth, http, kafka, postgres }: Readonly<Record<string, unknown>>): Generator<Problem> {
  if (auth !== undefined) return
  const engine = postgres !== undefined ? 'postgres' : kafka !== undefined ? 'kafka' : undefined
  if (engine !== undefined) {
    yield problem('/auth', `is missing: without it only the embedded default runs, but there is a section ${engine}`)
    return
  }
  for (const key of ['host', 'ops_host']) {
    const host: unknown = Object(http)[key]
    if (typeof host === 'string' && !isLoopback(host))
      yield problem(
        '/auth',
        `is missing: without it only this machine may connect, but http.${key} is ${JSON.stringify(host)}`,
      )
  }
}

/** Origins are compared in one form, so that it must be clear which one is meant. */
function* originRules({ http }: Readonly<Record<string, unknown>>): Generator<Problem> {
  const { allowed_origins: named }: { allowed_origins?: unknown } = Object(http)
  if (!Array.isArray(named)) return
  for (const [index, origin] of named.entries()) {
    if (typeof origin !== 'string' || origin.trim() === '' || originOf(origin) !== undefined) continue
    const meant = meantOrigin(origin)
    yield problem(
      `/http/allowed_origins/${index}`,
      `is ${shown(origin)}${whyNoOrigin(origin)}, expected an origin, such as https://app.example.com or capacitor://localhost${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    )
  }
}

function whyNoOrigin(text: string): string {
  if (text === 'null') return ', which every sandboxed page sends'
  if (text.includes('*')) return ', but each origin must be named'
  return /^file:/i.test(text) ? ', which any file of a machine sends' : ''
}

function* opsRules({ http }: Readonly<Record<string, unknown>>): Generator<Problem> {
  const { port, ops_host: opsHost, ops_port: opsPort } = Object(http)
  if (typeof opsPort === 'number' && opsPort !== 0 && opsPort === port)
    yield problem('/http/ops_port', `is ${opsPort}, expected another port than http.port`)
  if (opsHost !== undefined && opsPort === undefined)
    yield problem('/http/ops_host', 'has no effect without http.ops_port')
}

function* kafkaRules({ kafka }: Readonly<Record<string, unknown>>): Generator<Problem> {
  const { heartbeat_interval_ms: heartbeat, session_timeout_ms: session } = Object(kafka)
  if (typeof heartbeat === 'number' && typeof session === 'number' && heartbeat >= session)
    yield problem(
      '/kafka/heartbeat_interval_ms',
      `is ${heartbeat}, expected less than kafka.session_timeout_ms (${session})`,
    )
}

function* retentionRules({ notify_max_age: age, retention }: Readonly<Record<string, unknown>>): Generator<Problem> {
  const { read_days: read, days, identity_days: known } = Object(retention)
  if (typeof read === 'number' && typeof days === 'number' && read > days)
    yield problem('/retention/read_days', `is ${read}, expected at most retention.days (${days})`)
  if (typeof age === 'string' && typeof known === 'number' && milliseconds(age) > known * milliseconds('1d'))
    yield problem(
      '/notify_max_age',
      `is ${JSON.stringify(age)}, expected at most retention.identity_days (${known}): an event that is sent again later would notify again`,
    )
}

function* postgresRules({ postgres }: Readonly<Record<string, unknown>>): Generator<Problem> {
  const { statement_timeout: timeout, tls } = Object(postgres)
  for (const key of ['url', 'session_url']) {
    const address: unknown = Object(postgres)[key]
    const names = tls !== undefined && typeof address === 'string' ? tlsParametersOf(address) : []
    if (names.length > 0)
      yield problem(
        `/postgres/${key}`,
        `has ${names.join(' and ')}, expected an address without: postgres.tls configures TLS, and the address would override it`,
      )
  }
  if (typeof timeout === 'string' && (milliseconds(timeout) < 1_000 || milliseconds(timeout) > 3_600_000))
    yield problem('/postgres/statement_timeout', `is ${JSON.stringify(timeout)}, expected from 1s to 1h`)
}

/** The texts that are named as secrets, each with its path. */
function secretsOf(auth: unknown): readonly (readonly [path: string, secret: string])[] {
  const { secret, secrets }: { secret?: unknown; secrets?: unknown } = Object(auth)
  const listed = Array.isArray(secrets) ? secrets : []
  const named: readonly (readonly [string, unknown])[] = [
    ['/auth/secret', secret],
    ...listed.map((one: unknown, index) => [`/auth/secrets/${index}`, one] as const),
  ]
  return named.flatMap(([path, one]) => (typeof one === 'string' ? [[path, one] as const] : []))
}
