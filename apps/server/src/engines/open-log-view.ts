import type { Logger, LogView, Positions } from '@belfry/core'
import { createKafkaView } from '@belfry/kafka'
import { createEventLog, type Database } from '@belfry/postgres'
import type { Config } from '../config/schema.ts'
import { clientOptionsOf } from './kafka-options.ts'

/**
 * Opens a view of where partitions stand for the thread that serves: operators are answered while no thread of the intake is ready. It
 * connects to nothing before it is used.
 */
export function openLogView(
  { kafka }: Config,
  database: Database,
  positions: Positions,
  topics: readonly string[],
  logger: Logger,
): LogView {
  if (kafka === undefined) return createEventLog(database).view(topics)
  return createKafkaView({
    ...clientOptionsOf(kafka, logger),
    topics,
    topicNames: kafka.topic_names,
    positionsOf: positions.of,
  })
}
