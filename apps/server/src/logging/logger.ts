import { type Logger, type LoggerOptions, pino } from 'pino'
import type { Config } from '../config/schema.ts'
import { shortened } from './error-line.ts'
import { createLineLimit, kindOf } from './line-limit.ts'
import { shortFields } from './short-fields.ts'

/** Receives log lines: standard output, or another place. */
export interface LineWriter {
  write(line: string): void
}

/** Standard output, written to synchronously: the last lines before an end are not lost. */
export const toStandardOutput = (): LineWriter => pino.destination({ sync: true })

/** pino's level of warnings: no client can cause a line below it. */
const WARN_LEVEL = 40

/**
 * Makes a logger of JSON lines; what could hold a secret is never written. Of warnings and errors of one code one a second is written,
 * with how many it stands for, so that no client can fill a disk.
 */
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
  return pino(
    {
      level,
      redact,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: shortFields },
      // Errors are plain fields by then.
      serializers: { err: (fields: unknown) => fields },
      hooks: { logMethod: limitLines() },
    },
    logTo,
  )
}

function limitLines(): NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']> {
  const limit = createLineLimit()
  return function (given, write, level) {
    const [fields, sentence]: readonly unknown[] = given
    const kind = level < WARN_LEVEL ? undefined : kindOf(fields, sentence)
    const texts = given.map((part: unknown) => (typeof part === 'string' ? shortened(part) : part))
    // The library's type has the sentence first; it accepts fields before it.
    const writeAll = (all: readonly unknown[]) => write.apply(this, all as typeof given)
    if (kind === undefined) writeAll(texts)
    else limit.add(kind, (count) => writeAll(count === 1 ? texts : [{ ...Object(fields), count }, ...texts.slice(1)]))
  }
}
