import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Starts the service in a process of its own. Resolves once it accepts bookings. */
export async function startMain(database: string, brokers: readonly string[]) {
  const env = { ...process.env, DATABASE_URL: database, KAFKA_BROKERS: brokers.join(','), PORT: '0' }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let said = ''
  child.stdout.on('data', (data) => (said += data))
  await expect.poll(() => said).toMatch(/http:.*\n/)
  const url = /http:\S+/.exec(said)?.[0] ?? ''
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
    /** Ends the process with a signal. Returns its exit code, or the signal. */
    async end(signal: NodeJS.Signals): Promise<unknown> {
      child.kill(signal)
      const [code, by] = await ended
      return code ?? by
    },
  }
}
