import { type Logger, pino } from 'pino'
import type { Config } from './config/schema.ts'

/** JSON lines on standard output, or wherever they are wanted; what could hold a secret is never written. */
export function createLogger({ log_level: level }: Config, logTo?: { write(line: string): void }): Logger {
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
  const options = { level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime }
  return logTo === undefined ? pino(options, pino.destination({ sync: true })) : pino(options, logTo)
}
