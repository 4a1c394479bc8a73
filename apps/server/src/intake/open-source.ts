import type { Log, Members, Source, Store } from '@belfry/core'
import { createKafkaSource } from '@belfry/kafka'
import { createLog, createMembers } from '@belfry/postgres'
import type { Config } from '../config/schema.ts'
import { sourceOptionsOf } from '../kafka-options.ts'

type Database = Parameters<typeof createLog>[0]

export interface SourceOptions {
  readonly config: Config
  readonly database: Database
  readonly store: Store
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** The store's history was renewed: it is an older state than the one that the group has seen. */
  readonly onRenewed: () => void
}

/** Where one intake reads from: Kafka where it is configured, else the log in the store. */
export interface IntakeSource {
  readonly source: Source
  /** Our place among those who read for the group; absent where nobody is taken over at once. */
  readonly members?: Members
}

/** Makes the source that the configuration selects. It reaches nothing yet. */
export function openSource({ config, database, store, log, clock, onRenewed }: SourceOptions): IntakeSource {
  const { kafka } = config
  if (kafka === undefined) return { source: createLog(database, { ...(clock && { clock }) }).source }
  const members = kafka.failover ? createMembers(database, { group: kafka.group_id }) : undefined
  const source = createKafkaSource({
    ...sourceOptionsOf(kafka, log),
    onMember(member) {
      // It is listed again and again until it is: whoever is not listed is waited for until its session times out.
      members?.list(member).catch((error: unknown) => log.warn({ err: error }, 'a member could not be listed yet'))
    },
    async onRestored() {
      log.warn({ group: kafka.group_id }, 'the group has been further than the positions: the store was restored')
      await store.renew()
      onRenewed()
    },
  })
  return { source, ...(members && { members }) }
}
