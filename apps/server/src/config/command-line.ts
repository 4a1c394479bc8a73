import { parseArgs } from 'node:util'
import { didYouMean } from '@belfry/contracts/check'
import { serverErrors } from '../errors.ts'

/** What the command line says. */
export interface Options {
  readonly config?: string
  readonly check: boolean
  readonly restored: boolean
  readonly help: boolean
  readonly version: boolean
}

export const help = `belfry: notifications of a booking platform

  --config FILE   the configuration (TOML); else BELFRY_CONFIG, else Config.toml in this folder, else the embedded default
  --check         check configuration and plugins, and that everything can be reached; start and change nothing
  --restored      the store was restored from a copy: clients load everything anew
  --version       print the version
  --help          print this

Every key can be set by the environment, over the file: NOTIFICATION_SERVICE__HTTP__PORT=9090
`

const options = {
  config: { type: 'string' },
  check: { type: 'boolean' },
  restored: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const

/**
 * Reads the command line (as process.argv has it).
 * @throws OPTION_UNKNOWN with every option that is not known, and what was probably meant
 */
export function optionsOf(argv: readonly string[]): Options {
  const { values, tokens } = parseArgs({
    args: argv.slice(2),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const problems = tokens.flatMap((token) => {
    if (token.kind === 'positional') return `${token.value} is no option`
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) {
      const meant = didYouMean(token.name, Object.keys(options))
      return `${token.rawName} is no option${meant === undefined ? '' : `, did you mean --${meant}?`}`
    }
    return token.kind === 'option' && token.name === 'config' && typeof token.value !== 'string'
      ? '--config names no file'
      : []
  })
  if (problems.length > 0) throw serverErrors.OPTION_UNKNOWN({ problems: problems.join('\n') })
  const { config, check, restored, help: wanted, version } = values
  return {
    ...(typeof config === 'string' && { config }),
    check: check === true,
    restored: restored === true,
    help: wanted === true,
    version: version === true,
  }
}
