import { type Logger, pino } from 'pino'
import type { Config } from './config/schema.ts'

/** Where lines go: standard output, or wherever they are wanted. */
export interface LineWriter {
  write(line: string): void
}

/** Standard output, written to before going on: what is said last is not lost. */
export const toStandardOutput = (): LineWriter => pino.destination({ sync: true })

/** JSON lines; what could hold a secret is never written. */
export function createLogger({ log_level: level }: Config, logTo: LineWriter = toStandardOutput()): Logger {
  const redact = [
    'token',
    'authorization',
    'secret',
    'password',
    '*.token',
    '*.authorization',
    '*.secret',
    '*.password',
  ]
  return pino({ level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime }, logTo)
}
