import { readFile } from 'node:fs/promises'
import { createCheck } from '@belfry/contracts/check'
import type { Problem } from '@belfry/contracts/errors'
import { parse, TomlError } from 'smol-toml'
import Value from 'typebox/value'
import { serverErrors } from '../errors.ts'
import { optionsOf } from './command-line.ts'
import { type FromEnvironment, overlay, readEnvironment } from './environment.ts'
import { rulesOf } from './rules.ts'
import { type Config, ConfigSchema } from './schema.ts'

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
    throw serverErrors.CONFIG_UNREADABLE({ file, why: reasonOf(code, error) }, { cause: error })
  }
  try {
    const { notification_service: table = {}, ...others } = parse(text)
    const strays = Object.keys(others).map((name) => ({
      path: `//${name}`,
      message: 'is unknown: every key stands below [notification_service]',
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

function reasonOf(code: unknown, error: unknown): string {
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'it cannot be read by this user'
  return error instanceof Error ? error.message : String(error)
}

const secretPath = /\/(secrets?|password|token|url|session_url|jwks_url)(\/|$)/

/** A problem shows what was found, but never a secret. */
function withoutSecrets({ path, message }: Problem): Problem {
  return secretPath.test(path)
    ? { path, message: message.replace(/^is .*, expected/s, 'is not as it should be, expected') }
    : { path, message }
}

/** One line a mistake: the key as the file has it, what is wrong, and where it came from. */
function invalid(problems: readonly Problem[], values: readonly FromEnvironment[]) {
  const shown = problems.map(({ path, message }): Problem => {
    const key = path.startsWith('//') ? path.slice(2) : `notification_service${path.replaceAll('/', '.')}`
    const variable = values.find(
      (value) => path === `/${value.path.join('/')}` || path.startsWith(`/${value.path.join('/')}/`),
    )?.variable
    return { path: key, message: `${message}${variable === undefined ? '' : ` (from ${variable})`}` }
  })
  return serverErrors.CONFIG_INVALID(
    { problems: shown.map(({ path, message }) => `${path} ${message}`).join('\n') },
    { problems: shown },
  )
}
