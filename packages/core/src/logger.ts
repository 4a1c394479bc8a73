/** Writes log lines: the fields, then a sentence. A pino logger is one. */
export interface Logger {
  debug(fields: object, sentence: string): void
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

/** A log that drops every line. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** The same log, with these fields on every line. */
export function withFields(logger: Logger, fields: object): Logger {
  return {
    debug: (more, sentence) => logger.debug({ ...fields, ...more }, sentence),
    info: (more, sentence) => logger.info({ ...fields, ...more }, sentence),
    warn: (more, sentence) => logger.warn({ ...fields, ...more }, sentence),
    error: (more, sentence) => logger.error({ ...fields, ...more }, sentence),
  }
}
