import type { History, Log, Members, Source } from '@belfry/core'
import { createKafkaSource } from '@belfry/kafka'
import { createLog, createMembers, type Database } from '@belfry/postgres'
import type { Config } from '../config/schema.ts'
import { sourceOptionsOf } from './kafka-options.ts'

/**
 * Makes the source that the configuration selects: Kafka, else the log in the store. It reaches nothing yet. `onRenewed` is told that the
 * store was found to be an older state than the one that the group has seen.
 */
export function openSource(
  { kafka }: Config,
  database: Database,
  history: History,
  log: Log,
  onRenewed: () => void,
): Source {
  if (kafka === undefined) return createLog(database).source
  const members = kafka.failover ? createMembers(database, { group: kafka.group_id }) : undefined
  const source = createKafkaSource({
    ...sourceOptionsOf(kafka, log),
    async onMember(member) {
      try {
        await members?.list(member)
      } catch (error) {
        // It is tried again until it is listed: whoever is not listed is waited for until its session times out.
        log.warn({ err: error }, 'a member could not be listed yet')
      }
    },
    async onRestored() {
      log.warn(
        { group: kafka.group_id },
        'the group has been further than the positions: the store was restored, and clients load everything anew',
      )
      await history.renew()
      onRenewed()
    },
  })
  return members === undefined ? source : leaving(source, members)
}

/** Whoever has left the group is taken off the list. */
function leaving(source: Source, members: Members): Source {
  return {
    ...source,
    async close() {
      await source.close()
      await members.close().catch(() => {})
    },
  }
}
