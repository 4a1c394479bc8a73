/** Writes log lines: the fields, then a sentence. A pino logger is one. */
export interface Log {
  debug(fields: object, sentence: string): void
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

/** A log that drops every line. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The same log, with these fields on every line. */
export function withFields(log: Log, fields: object): Log {
  return {
    debug: (more, sentence) => log.debug({ ...fields, ...more }, sentence),
    info: (more, sentence) => log.info({ ...fields, ...more }, sentence),
    warn: (more, sentence) => log.warn({ ...fields, ...more }, sentence),
    error: (more, sentence) => log.error({ ...fields, ...more }, sentence),
  }
}
