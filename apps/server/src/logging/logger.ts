import { type Logger, type LoggerOptions, pino } from 'pino'
import type { Config } from '../config/schema.ts'
import { shortened } from './error-line.ts'
import { createLineLimit, kindOf } from './line-limit.ts'
import { shortFields } from './short-fields.ts'

/** Where lines go: standard output, or wherever they are wanted. */
export interface LineWriter {
  write(line: string): void
}

/** Standard output, written to before going on: what is said last is not lost. */
export const toStandardOutput = (): LineWriter => pino.destination({ sync: true })

/** Where warnings begin: below them nothing is said that a client could cause. */
const WARN = 40

/**
 * JSON lines; what could hold a secret is never written. Of warnings and errors of one code one a second is written, with how many
 * it stands for, so that no client can fill a disk.
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
      ...{ level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime },
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
    const kind = level < WARN ? undefined : kindOf(fields, sentence)
    const texts = given.map((part: unknown) => (typeof part === 'string' ? shortened(part) : part))
    // The library says what it is given in a type that has the sentence first; it takes fields before it.
    const say = (all: readonly unknown[]) => write.apply(this, all as typeof given)
    if (kind === undefined) say(texts)
    else limit.add(kind, (count) => say(count === 1 ? texts : [{ ...Object(fields), count }, ...texts.slice(1)]))
  }
}
