import type { Log } from '@belfry/core'
import type { LogBounds } from '../cluster/log-bounds.ts'
import type { OpenTransactions } from '../cluster/open-transactions.ts'
import { type OurTopics, partitionCounts } from '../cluster/our-topics.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import type { Assignment } from './assignment.ts'
import type { Partition } from './partition.ts'
import type { Reader } from './reader.ts'

export interface TopicCheckOptions {
  readonly topics: () => readonly string[]
  readonly names: TopicNames
  readonly ours: Pick<OurTopics, 'look'>
  readonly logBounds: Pick<LogBounds, 'read'>
  readonly reader: Pick<Reader, 'updateTopics'>
  readonly assignment: Assignment
  readonly transactions: OpenTransactions
  readonly log: Log
}

const CHECK_TOPICS_MS = 5_000

/**
 * Checks again and again whether a topic was created, deleted or replaced by another one, whether an operator has moved the position of a
 * stranded partition, and which transactions are open. Returns what ends it.
 */
export function startTopicCheck(options: TopicCheckOptions): () => void {
  const { topics, log } = options
  const timer = setInterval(() => {
    // What cannot be checked now is checked the next time.
    if (topics().length > 0)
      check(options).catch((error: unknown) => log.debug({ err: error }, 'topics could not be looked at'))
  }, CHECK_TOPICS_MS).unref()
  return () => clearInterval(timer)
}

async function check(options: TopicCheckOptions): Promise<void> {
  const { topics, names, ours, logBounds, reader, assignment, transactions } = options
  const ids = await ours.look()
  reader.updateTopics(partitionCounts(ids, names))
  const isAnother = ({ topic, logId }: Partition) => logId !== undefined && ids.get(topic)?.id !== logId
  assignment.reopen((one) => one.stranded !== undefined || isAnother(one))
  transactions.note(assignment.all(), await logBounds.read(topics()))
}
