import type { Logger } from '@belfry/core'
import type { LogBounds } from '../cluster/log-bounds.ts'
import type { OpenTransactions } from '../cluster/open-transactions.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import { partitionCounts, type WantedTopics } from '../cluster/wanted-topics.ts'
import type { Assignment } from './assignment.ts'
import type { Partition } from './partition.ts'
import type { Reader } from './reader.ts'

export interface TopicCheckOptions {
  readonly topics: () => readonly string[]
  readonly names: TopicNames
  readonly wantedTopics: WantedTopics
  readonly logBounds: LogBounds
  readonly reader: Reader
  readonly assignment: Assignment
  readonly transactions: OpenTransactions
  readonly logger: Logger
}

const CHECK_INTERVAL_MS = 5_000

/**
 * Checks every few seconds whether a topic was created, deleted or replaced by another one, whether an operator has moved the position of a
 * stranded partition, and which transactions are open. Returns a function that ends this.
 */
export function startTopicCheck(options: TopicCheckOptions): () => void {
  const { topics, logger } = options
  const timer = setInterval(() => {
    // The next check is in a few seconds.
    if (topics().length > 0)
      check(options).catch((error: unknown) => logger.debug({ err: error }, 'topics could not be checked'))
  }, CHECK_INTERVAL_MS).unref()
  return () => clearInterval(timer)
}

async function check(options: TopicCheckOptions): Promise<void> {
  const { topics, names, wantedTopics, logBounds, reader, assignment, transactions } = options
  const ids = await wantedTopics.refresh()
  reader.updateTopics(partitionCounts(ids, names))
  const isAnother = ({ topic, logId }: Partition) => logId !== undefined && ids.get(topic)?.id !== logId
  assignment.reopen((one) => one.stranded !== undefined || isAnother(one))
  transactions.update(assignment.all(), await logBounds.read(topics()))
}
