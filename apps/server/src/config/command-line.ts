import { parseArgs } from 'node:util'
import { didYouMean } from '@belfry/contracts/check'
import { serverErrors } from '../errors.ts'
import { type TokenRequest, tokenRequestOf } from './token-request.ts'

/** What the command line selects. */
export interface Options {
  /** `start` unless another is named; `--check` is `check`. */
  readonly command: Command
  readonly config?: string
  readonly restored: boolean
  readonly help: boolean
  readonly version: boolean
  /** The token to sign; present with the command `token`. */
  readonly token?: TokenRequest
}

export const help = `belfry: notifications of a booking platform

  belfry [start]          start, and serve until SIGTERM or Ctrl-C
  belfry check            check configuration and plugins, and that everything can be reached; start and change nothing
  belfry token <person>   print a token of this person, signed with the configured secret or the one of the embedded folder

  --config FILE           the configuration (TOML); else BELFRY_CONFIG, else Config.toml in this folder, else the embedded default
  --version               print the version
  --help                  print this

start
  --check                 the same as belfry check
  --restored              the store was restored from a copy: clients load everything again

token
  --scope SCOPES          what the token allows, separated by spaces: "events:write ops"; only the person's own inbox unless it is given
  --expires DURATION      how long the token lasts: 30s, 15m, 1h or 7d, at most 365d; 1h unless it is given

Every key can be set by the environment, over the file: NOTIFICATION_SERVICE__HTTP__PORT=9090
`

const options = {
  config: { type: 'string' },
  check: { type: 'boolean' },
  restored: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
  scope: { type: 'string' },
  expires: { type: 'string' },
} as const

/** Each command, and the options that it has beside the common ones. */
const commands = { start: ['check', 'restored'], check: ['check'], token: ['scope', 'expires'] } as const
type Command = keyof typeof commands
const common: readonly string[] = ['config', 'help', 'version']

const isCommand = (word: string): word is Command => Object.hasOwn(commands, word)

/**
 * Reads the command line (as process.argv has it).
 * @throws OPTION_UNKNOWN with every command and option that is not known, what was probably meant, and what is wrong with a token
 */
export function optionsOf(argv: readonly string[]): Options {
  const { values, tokens, positionals } = parseArgs({
    args: argv.slice(2),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const [word, ...more] = positionals
  const named = word === undefined ? 'start' : isCommand(word) ? word : undefined
  const given = tokens.filter((token) => token.kind === 'option')
  const problems = given.flatMap((token) => problemsOf(token, named ?? 'start'))
  // Of an option that is given again, only the last value would count.
  const again = given.filter(({ name }, index) => given.findIndex((token) => token.name === name) < index)
  problems.push(...again.map(({ rawName }) => `${rawName} is given more than once`))
  if (named === undefined) problems.push(`${word} is not a command${meantBy(word ?? '', Object.keys(commands), '')}`)
  else problems.push(...more.slice(named === 'token' ? 1 : 0).map((extra) => `${extra} is one word too many`))
  const isAnswered = values.help === true || values.version === true
  const request = named === 'token' && !isAnswered ? tokenRequestOf({ ...values, person: more[0] }) : undefined
  if (request !== undefined && 'problems' in request) problems.push(...request.problems)
  if (problems.length > 0) throw serverErrors.OPTION_UNKNOWN({ problems: problems.join('\n') })
  return {
    command: values.check === true ? 'check' : (named ?? 'start'),
    ...(typeof values.config === 'string' && { config: values.config }),
    restored: values.restored === true,
    help: values.help === true,
    version: values.version === true,
    ...(request !== undefined && 'person' in request && { token: request }),
  }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

/** What is wrong with one option of a command. */
function problemsOf({ name, rawName, value, inlineValue }: OptionToken, command: Command): readonly string[] {
  const possible = [...common, ...commands[command]]
  if (!possible.includes(name)) {
    const isKnown = Object.hasOwn(options, name)
    return [`${rawName} is not an option${isKnown ? ` of ${command}` : meantBy(name, possible, '--')}`]
  }
  const isText = name === 'config' || name === 'scope' || name === 'expires'
  if (!isText) return value === undefined ? [] : [`${rawName} takes no value`]
  // An option in the place of a value would be swallowed.
  const isMissing = typeof value !== 'string' || (value.startsWith('-') && inlineValue !== true)
  return isMissing ? [name === 'config' ? '--config names no file' : `${rawName} has no value`] : []
}

function meantBy(word: string, possible: readonly string[], dashes: string): string {
  const meant = didYouMean(word, possible)
  if (meant !== undefined) return `, did you mean ${dashes}${meant}?`
  return dashes === '' ? `: there are ${possible.join(', ')}` : ''
}
