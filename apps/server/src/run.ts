import { BelfryError } from '@belfry/contracts/errors'
import { blameHandler } from '@belfry/core'
import { openSigner } from './auth/open-signer.ts'
import { help, type Options, optionsOf } from './config/command-line.ts'
import { loadConfig } from './config/load-config.ts'
import type { TokenRequest } from './config/token-request.ts'
import type { Belfry } from './create-belfry.ts'
import { version } from './version.ts'
import { welcome } from './welcome.ts'

/** A graceful stop takes no longer than this, in milliseconds. */
const PATIENCE = 10_000

const list = new Intl.ListFormat('en-GB')

/** What a program does: `check` sees that it could begin and answers what it has seen, `begin` makes a Belfry and starts it. */
export interface Program {
  check(options: Options): Promise<readonly string[]>
  begin(options: Options): Promise<Belfry>
}

/** Runs Belfry as a program: its commands and options, the welcome, SIGTERM and SIGINT, and errors as sentences. */
export async function run({ check, begin }: Program): Promise<void> {
  try {
    const options = optionsOf(process.argv)
    if (options.help) return void process.stdout.write(help)
    if (options.version) return void process.stdout.write(`${version}\n`)
    if (options.token !== undefined) return void process.stdout.write(`${await signed(options.token)}\n`)
    if (options.command === 'check') {
      const seen = await check(options)
      return void process.stdout.write(`${list.format(seen)} are in order\n`)
    }
    // What a handler has begun and nobody has caught is that handler's; anything else ends the program.
    const onUncaught = (error: unknown) => {
      if (!blameHandler(error)) fail(error)
    }
    process.on('uncaughtException', onUncaught)
    process.on('unhandledRejection', onUncaught)
    const belfry = await begin(options)
    stopOnSignals(belfry)
    process.stdout.write(await welcome(belfry, process.stdout.isTTY))
  } catch (error) {
    fail(error)
  }
}

/** A token, with the secret of the configuration. Nothing else is printed on standard output, so that `$(belfry token u1)` is one. */
async function signed(request: TokenRequest): Promise<string> {
  const config = await loadConfig(process.argv, process.env)
  const signer = await openSigner(config, (sentence) => void process.stderr.write(`${sentence}\n`))
  return signer.sign(request)
}

function stopOnSignals(belfry: Belfry): void {
  let stopping = false
  const stop = () => {
    // Whoever asks twice does not want to wait.
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => {
      belfry.log.error('the stop took too long: the transaction under way is rolled back, and nothing is lost')
      process.exit(1)
    }, PATIENCE - 500).unref()
    belfry.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** What we know how to say is said, without a stack; anything else is a bug, and its stack is what helps. */
function fail(error: unknown): never {
  if (!(error instanceof BelfryError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  }
  process.stderr.write(`${error.sentence}\n`)
  process.exit(2)
}
