import { execFileSync } from 'node:child_process'

/**
 * Returns the command that runs a program without the rights of root, with which Postgres and its poolers refuse to run. For root it runs as
 * the user of Debian's package, and ends when the process that started it ends.
 */
export function unprivileged(program: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [program, [...args]]
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--pdeathsig=QUIT', program, ...args]]
}

/** Makes the user of `unprivileged` the owner of a file or folder. */
export function giveToPostgres(path: string): void {
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', path])
}
