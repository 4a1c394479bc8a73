import { createFailover, type Failover } from '@belfry/kafka'
import { createMembers, type Database } from '@belfry/postgres'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { clientOptionsOf } from './kafka-options.ts'

/** Takes over from members that were killed, where Kafka and a store that instances share are configured, and `failover` is not off. */
export function createFailoverOf({ kafka }: Config, database: Database, logger: Logger): Failover | undefined {
  if (kafka === undefined || !kafka.failover) return undefined
  const members = createMembers(database, { group: kafka.group_id })
  if (members === undefined) return undefined
  const failover = createFailover({ ...clientOptionsOf(kafka, logger), groupId: kafka.group_id, members })
  return {
    ...failover,
    async close() {
      await failover.close()
      await members.close().catch(() => {})
    },
  }
}
