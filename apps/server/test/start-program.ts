import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'

/** What every program here gets of our environment. With what Node keeps of our modules it starts in half the time. */
export const programEnv: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  ...(process.env.NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
}

const composed = new URL('../src/main.ts', import.meta.url)

/** The program, or another one like it, as somebody starts it in a folder. No test leaves it behind, however it ends. */
export function startProgram(
  folder: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  main: URL = composed,
) {
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(main), ...args], {
    cwd: folder,
    env: { ...programEnv, NOTIFICATION_SERVICE__HTTP__PORT: '0', ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout?.on('data', (data) => (out += data))
  child.stderr?.on('data', (data) => (err += data))
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  )
  return {
    child,
    ended,
    output: () => out,
    /** Waits until it has said what to do next; answers its address. */
    async ready() {
      await expect.poll(() => out, { timeout: 60_000 }).toContain('Read the inbox of u1')
      return /Belfry is ready at (\S+)\. /.exec(out)?.[1] ?? ''
    },
  }
}
