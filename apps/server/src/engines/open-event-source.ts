import type { History, Logger, Members, Source } from '@belfry/core'
import { createKafkaSource } from '@belfry/kafka'
import { createEventLog, createMembers, type Database } from '@belfry/postgres'
import type { Config } from '../config/schema.ts'
import { sourceOptionsOf } from './kafka-options.ts'

/**
 * Makes the source that the configuration selects: Kafka, else the log in the store. It connects to nothing yet. `onRenewed` is called where
 * the store is an older state than the one that the group has seen.
 */
export function openEventSource(
  { kafka }: Config,
  database: Database,
  history: History,
  logger: Logger,
  onRenewed: () => void,
): Source {
  if (kafka === undefined) return createEventLog(database).source
  const members = kafka.failover ? createMembers(database, { group: kafka.group_id }) : undefined
  const source = createKafkaSource({
    ...sourceOptionsOf(kafka, logger),
    async onMember(member) {
      try {
        await members?.list(member)
      } catch (error) {
        // It is tried again until it is listed: for a member that is not listed the group waits until its session times out.
        logger.warn({ err: error }, 'a member could not be listed yet')
      }
    },
    async onRestored() {
      logger.warn(
        { group: kafka.group_id },
        'the group has been further than the positions: the store was restored, and clients load everything again',
      )
      await history.renew()
      onRenewed()
    },
  })
  return members === undefined ? source : withMembers(source, members)
}

/** A member that has left the group is removed from the list. */
function withMembers(source: Source, members: Members): Source {
  return {
    ...source,
    async close() {
      await source.close()
      await members.close().catch(() => {})
    },
  }
}
