import type { Log } from '@belfry/core'
import { type LogEntry, logLevel } from 'kafkajs'

/** What kafkajs says of its lines that is worth keeping, and holds nothing of records or secrets. */
const KEPT = [
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

/** What these say is said by whoever has asked for it, once. */
const DEALT_WITH = ['Connection', 'BrokerPool', 'Producer', 'Cluster']

/** Writes kafkajs's lines to our log: what it calls an error is tried again by whoever watches, so it is a warning at most. */
export function writeTo(log: Log): (entry: LogEntry) => void {
  return ({ namespace, level, log: line }) => {
    if (level > logLevel.INFO) return
    const fields: Record<string, unknown> = { kafkajs: namespace }
    for (const name of KEPT) {
      const value: unknown = line[name]
      if (value !== undefined) fields[name] = value instanceof Error ? value.message : value
    }
    // That others come and go is no news, nor is an answer that somebody else deals with.
    const isQuiet = level === logLevel.INFO || DEALT_WITH.includes(namespace) || /rebalanc|^Crash: /i.test(line.message)
    const write = isQuiet ? log.debug : log.warn
    write.call(log, fields, `kafkajs: ${line.message}`)
  }
}
