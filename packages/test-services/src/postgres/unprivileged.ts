import { execFileSync } from 'node:child_process'

/** Postgres and its poolers refuse to run as root: they run as the user of Debian's package then, and end with us. */
export function unprivileged(program: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [program, [...args]]
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--pdeathsig=QUIT', program, ...args]]
}

/** Lets whoever runs as `unprivileged` says own a file or folder. */
export function giveAway(path: string): void {
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', path])
}
