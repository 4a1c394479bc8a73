import { readFile } from 'node:fs/promises'
import { isLinkScheme } from '@belfry/contracts'
import { createCheck, shown } from '@belfry/contracts/check'
import type { Problem } from '@belfry/contracts/errors'
import { tlsParametersOf } from '@belfry/postgres'
import { parse, TomlError } from 'smol-toml'
import Value from 'typebox/value'
import { serverErrors } from '../errors.ts'
import { optionsOf } from './command-line.ts'
import { type FromEnvironment, overlay, readEnvironment } from './environment.ts'
import { isLoopback } from './is-loopback.ts'
import { isWeakSecret, SECRET_CHARACTERS, SECRET_LENGTH } from './is-weak-secret.ts'
import { type Config, ConfigSchema, milliseconds } from './schema.ts'

const check = createCheck(ConfigSchema, { unknownKeys: 'refuse' })

/**
 * Loads the configuration: the file (`--config`, else BELFRY_CONFIG, else Config.toml in the working folder if there is one), and
 * the environment over it. Without any of them it is the embedded default.
 * @throws CONFIG_INVALID with every mistake, CONFIG_UNREADABLE, OPTION_UNKNOWN
 */
export async function loadConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Config> {
  const { config: named } = optionsOf(argv)
  const file = named ?? env.BELFRY_CONFIG
  const { table, strays } = await readToml(file ?? 'Config.toml', file === undefined)
  const values = readEnvironment(env)
  const problems = [...strays, ...overlay(table, values)]
  const config = Value.Default(ConfigSchema, table)
  problems.push(...check(config).map(withoutSecrets), ...rulesOf(config))
  if (problems.length > 0) throw invalid(problems, values)
  // The check above has found nothing: it is of the schema.
  return config as Config
}

async function readToml(
  file: string,
  mayBeMissing: boolean,
): Promise<{ table: Record<string, unknown>; strays: readonly Problem[] }> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' && mayBeMissing) return { table: {}, strays: [] }
    throw serverErrors.CONFIG_UNREADABLE({ file, why: unreadable(code, error) }, { cause: error })
  }
  try {
    const { notification_service: table = {}, ...others } = parse(text)
    const strays = Object.keys(others).map((name) => ({
      path: `//${name}`,
      message: 'is not known here: every key stands below [notification_service]',
    }))
    return { table: typeof table === 'object' && !Array.isArray(table) ? { ...table } : {}, strays }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [sentence] = error.message.split('\n')
    throw serverErrors.CONFIG_UNREADABLE(
      { file, why: `line ${error.line}, column ${error.column}: ${sentence}` },
      { cause: error },
    )
  }
}

function unreadable(code: unknown, error: unknown): string {
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'it is not ours to read'
  return error instanceof Error ? error.message : String(error)
}

const secretPath = /\/(secrets?|password|token|url|session_url|jwks_url)(\/|$)/

/** What was found is said, but never of a secret. */
function withoutSecrets({ path, message }: Problem): Problem {
  return secretPath.test(path)
    ? { path, message: message.replace(/^is .*, expected/s, 'is not as it should be, expected') }
    : { path, message }
}

/** What one key alone cannot tell. */
function rulesOf(config: unknown): readonly Problem[] {
  const { auth, http, kafka, notify_max_age: age, postgres, retention } = Object(config)
  const problems: Problem[] = []
  const say = (path: string, message: string) => void problems.push({ path, message })
  const ways = ['secret', 'secrets', 'public_key_file', 'jwks_url'].filter((key) => Object(auth)[key] !== undefined)
  if (auth !== undefined && ways.length !== 1)
    say(
      '/auth',
      `has ${ways.join(' and ') || 'none'}, expected exactly one of secret, secrets, public_key_file and jwks_url`,
    )
  for (const [path, secret] of secretsOf(auth))
    if (secret.length >= SECRET_LENGTH && isWeakSecret(secret))
      say(path, `is not as it should be, expected at least ${SECRET_CHARACTERS} different characters`)
  const { jwks_url: url } = Object(auth)
  if (typeof url === 'string' && /^https?:/.test(url) && !URL.canParse(url))
    say('/auth/jwks_url', 'is not as it should be, expected an address that can be read')
  const named: unknown = Object(config).link_schemes
  if (Array.isArray(named))
    named.forEach((scheme: unknown, index) => {
      if (typeof scheme === 'string' && /^[a-z]/.test(scheme) && !isLinkScheme(scheme))
        say(`/link_schemes/${index}`, `is ${shown(scheme)}, which runs or shows what no link may`)
    })
  const host: unknown = Object(http).host
  const engine = postgres !== undefined ? 'postgres' : kafka !== undefined ? 'kafka' : undefined
  if (auth === undefined && engine !== undefined)
    say('/auth', `is missing: without it only the embedded default runs, but there is a section ${engine}`)
  else if (auth === undefined && typeof host === 'string' && !isLoopback(host))
    say('/auth', `is missing: without it only this machine may connect, but http.host is ${JSON.stringify(host)}`)
  const { port, ops_host: opsHost, ops_port: opsPort } = Object(http)
  if (typeof opsPort === 'number' && opsPort !== 0 && opsPort === port)
    say('/http/ops_port', `is ${opsPort}, expected another port than http.port`)
  if (opsHost !== undefined && opsPort === undefined) say('/http/ops_host', 'is of no use without http.ops_port')
  if (auth === undefined && engine === undefined && typeof opsHost === 'string' && !isLoopback(opsHost))
    say(
      '/auth',
      `is missing: without it only this machine may connect, but http.ops_host is ${JSON.stringify(opsHost)}`,
    )
  const { heartbeat_interval_ms: heartbeat, session_timeout_ms: session } = Object(kafka)
  if (typeof heartbeat === 'number' && typeof session === 'number' && heartbeat >= session)
    say('/kafka/heartbeat_interval_ms', `is ${heartbeat}, expected less than kafka.session_timeout_ms (${session})`)
  const { read_days: read, days, identity_days: known } = Object(retention)
  if (typeof read === 'number' && typeof days === 'number' && read > days)
    say('/retention/read_days', `is ${read}, expected at most retention.days (${days})`)
  if (typeof age === 'string' && typeof known === 'number' && milliseconds(age) > known * milliseconds('1d'))
    say(
      '/notify_max_age',
      `is ${JSON.stringify(age)}, expected at most retention.identity_days (${known}): an event that is sent again later would be told again`,
    )
  const { statement_timeout: timeout, tls } = Object(postgres)
  for (const key of ['url', 'session_url']) {
    const address: unknown = Object(postgres)[key]
    const names = tls !== undefined && typeof address === 'string' ? tlsParametersOf(address) : []
    if (names.length > 0)
      say(
        `/postgres/${key}`,
        `has ${names.join(' and ')}, expected an address without: postgres.tls says how TLS is spoken, and the address would win over it`,
      )
  }
  if (typeof timeout === 'string' && (milliseconds(timeout) < 1_000 || milliseconds(timeout) > 3_600_000))
    say('/postgres/statement_timeout', `is ${JSON.stringify(timeout)}, expected from 1s to 1h`)
  return problems
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

/** One line a mistake: the key as the file has it, what is wrong, and where it came from. */
function invalid(problems: readonly Problem[], values: readonly FromEnvironment[]) {
  const told = problems.map(({ path, message }): Problem => {
    const key = path.startsWith('//') ? path.slice(2) : `notification_service${path.replaceAll('/', '.')}`
    const variable = values.find(
      (value) => path === `/${value.path.join('/')}` || path.startsWith(`/${value.path.join('/')}/`),
    )?.variable
    return { path: key, message: `${message}${variable === undefined ? '' : ` (from ${variable})`}` }
  })
  return serverErrors.CONFIG_INVALID(
    { problems: told.map(({ path, message }) => `${path} ${message}`).join('\n') },
    { problems: told },
  )
}
