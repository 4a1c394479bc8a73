import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import { inside } from '../kafkajs/internals.ts'
import type { Broker } from './any-broker.ts'

/** What is asked of Kafka, by kafkajs's names, with the oldest version where kafkajs's own oldest knows no record batches. */
const ASKED = {
  Fetch: 4,
  Produce: 3,
  Metadata: 4,
  ListOffsets: 0,
  GroupCoordinator: 0,
  JoinGroup: 0,
  SyncGroup: 0,
  Heartbeat: 0,
  LeaveGroup: 0,
  DescribeGroups: 0,
  OffsetCommit: 0,
  OffsetFetch: 0,
} as const
const TO_CREATE = { CreateTopics: 0 } as const
const TO_AUTHENTICATE = { SaslHandshake: 0 } as const

/**
 * What of a broker's versions does not meet kafkajs's, in one sentence for all that is too old and one for all that is too new. kafkajs
 * itself looks at a broker's newest version alone: where that has given up the one that kafkajs asks in, call after call fails.
 */
export function tellVersions(
  offered: Broker['versions'],
  where: string,
  { createTopics, sasl }: { readonly createTopics: boolean; readonly sasl: boolean },
): BelfryError[] {
  const keys = inside<Readonly<Record<string, number>>>('protocol/requests/apiKeys')
  const asked = { ...ASKED, ...(createTopics && TO_CREATE), ...(sasl && TO_AUTHENTICATE) }
  const old: string[] = []
  const fresh: string[] = []
  for (const [name, least] of Object.entries(asked)) {
    const { versions } = inside<{ readonly versions: readonly string[] }>('protocol/requests', 'requests', name)
    const known = versions.map(Number)
    const [oldest, newest] = [Math.max(least, Math.min(...known)), Math.max(...known)]
    const offer = offered[keys[name] ?? -1]
    if (offer === undefined) old.push(`it has no ${name}`)
    else if (offer.maxVersion < oldest) old.push(`it has ${name} up to version ${offer.maxVersion}, expected ${oldest}`)
    else if (offer.minVersion > newest)
      fresh.push(`it has ${name} from version ${offer.minVersion} on, expected ${newest}`)
  }
  return [
    ...(old.length > 0 ? [kafkaErrors.KAFKA_TOO_OLD({ where, what: old.join('; ') })] : []),
    ...(fresh.length > 0 ? [kafkaErrors.KAFKA_TOO_NEW({ where, what: fresh.join('; ') })] : []),
  ]
}
