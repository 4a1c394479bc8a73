import type { Logger } from '@belfry/core'
import { type LogEntry, logLevel } from 'kafkajs'

/** The fields of kafkajs's log lines that are kept: they contain no records and no secrets. */
const KEPT_FIELDS = [
  'broker',
  'clientId',
  'groupId',
  'memberId',
  'topic',
  'partition',
  'error',
  'code',
  'retryCount',
  'retryTime',
]

/** The errors of these reach the caller, which logs them once. */
const REPORTED_BY_CALLER = ['Connection', 'BrokerPool', 'Producer', 'Cluster']

/** Writes kafkajs's log lines to this log. Its callers retry after what it calls an error, so that is a warning at most. */
export function writeTo(logger: Logger): (entry: LogEntry) => void {
  return ({ namespace, level, log: line }) => {
    if (level > logLevel.INFO) return
    const fields: Record<string, unknown> = { kafkajs: namespace }
    for (const name of KEPT_FIELDS) {
      const value: unknown = line[name]
      if (value !== undefined) fields[name] = value instanceof Error ? value.message : value
    }
    // Rebalances are normal, and some errors are logged by the caller.
    const isQuiet =
      level === logLevel.INFO || REPORTED_BY_CALLER.includes(namespace) || /rebalanc|^Crash: /i.test(line.message)
    const write = isQuiet ? logger.debug : logger.warn
    write.call(logger, fields, `kafkajs: ${line.message}`)
  }
}
