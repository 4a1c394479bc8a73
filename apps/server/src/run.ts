import { BelfryError } from '@belfry/contracts/errors'
import { blameHandler } from '@belfry/core'
import { openSigner } from './auth/open-signer.ts'
import { help, type Options, optionsOf } from './config/command-line.ts'
import { loadConfig } from './config/load-config.ts'
import type { TokenRequest } from './config/token-request.ts'
import type { Belfry } from './create-belfry.ts'
import { explain } from './explain.ts'
import { version } from './version.ts'
import { welcome } from './welcome.ts'

/** Milliseconds until a graceful stop that has not ended is broken off, so that the process is gone within ten seconds. */
const STOP_TIMEOUT_MS = 9_500

const list = new Intl.ListFormat('en-GB')

/** What a program does: `check` checks that it could begin and returns what it has checked, `begin` makes a Belfry and starts it. */
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
      const checked = await check(options)
      return void process.stdout.write(`${list.format(checked)} are in order\n`)
    }
    // An error of what a handler has begun, and has not caught, is a failure of that handler; any other ends the program.
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
    // A second signal means that the stop must not wait.
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => {
      belfry.logger.error('the stop took too long: the transaction under way is rolled back, and nothing is lost')
      process.exit(1)
    }, STOP_TIMEOUT_MS).unref()
    belfry.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** Prints an error with a code in sentences, without a stack; any other is a bug, and its stack is what helps. */
function fail(error: unknown): never {
  if (!(error instanceof BelfryError)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  }
  process.stderr.write(explain(error, process.stderr.isTTY))
  process.exit(2)
}
