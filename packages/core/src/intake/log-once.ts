import type { Logger } from '../logger.ts'

/** How many names are logged: a producer that makes up a new type for each event would fill the log, and the memory. */
const MAX_NAMES = 200

/** Returns a function that logs a line once for each name. */
export function createLogOnce(logger: Logger): (name: string, fields: object, sentence: string) => void {
  const logged = new Set<string>()
  return (name, fields, sentence) => {
    if (logged.has(name) || logged.size >= MAX_NAMES) return
    logged.add(name)
    logger.info(fields, sentence)
  }
}
