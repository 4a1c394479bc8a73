import type { Log, LogView, Positions } from '@belfry/core'
import { createKafkaView } from '@belfry/kafka'
import { createLog, type Database } from '@belfry/postgres'
import type { Config } from '../config/schema.ts'
import { clientOptionsOf } from './kafka-options.ts'

/**
 * Where partitions stand, as the thread that serves finds out by itself: operators are answered while no thread of the intake is ready. It
 * reaches nothing before it is asked.
 */
export function openLogView(
  { kafka }: Config,
  database: Database,
  positions: Positions,
  topics: readonly string[],
  log: Log,
): LogView {
  if (kafka === undefined) return createLog(database).view(topics)
  return createKafkaView({
    ...clientOptionsOf(kafka, log),
    ...{ topics, topicNames: kafka.topic_names, positionsOf: positions.of },
  })
}
