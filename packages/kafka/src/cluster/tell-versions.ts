import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import type { Broker } from '../kafkajs/internals/broker.ts'
import { internal, type RequestName } from '../kafkajs/internals/internals.ts'

/** What is asked of Kafka, by kafkajs's names, with the oldest version where kafkajs's own oldest knows no record batches. */
type Asked = readonly (readonly [name: RequestName, least: number])[]
const ASKED: Asked = [
  ['Fetch', 4],
  ['Produce', 3],
  ['Metadata', 4],
  ['ListOffsets', 0],
  ['GroupCoordinator', 0],
  ['JoinGroup', 0],
  ['SyncGroup', 0],
  ['Heartbeat', 0],
  ['LeaveGroup', 0],
  ['DescribeGroups', 0],
  ['OffsetCommit', 0],
  ['OffsetFetch', 0],
]
const TO_CREATE: Asked = [['CreateTopics', 0]]
const TO_AUTHENTICATE: Asked = [['SaslHandshake', 0]]

/**
 * What of a broker's versions does not meet kafkajs's, in one sentence for all that is too old and one for all that is too new. kafkajs
 * itself looks at a broker's newest version alone: where that has given up the one that kafkajs asks in, call after call fails.
 */
export function tellVersions(
  offered: Broker['versions'],
  where: string,
  { createTopics, sasl }: { readonly createTopics: boolean; readonly sasl: boolean },
): BelfryError[] {
  const [apiKeys, requests] = [internal('apiKeys'), internal('requests')]
  const asked = [...ASKED, ...(createTopics ? TO_CREATE : []), ...(sasl ? TO_AUTHENTICATE : [])]
  const old: string[] = []
  const fresh: string[] = []
  for (const [name, least] of asked) {
    const known = requests[name].versions.map(Number)
    const [oldest, newest] = [Math.max(least, Math.min(...known)), Math.max(...known)]
    const offer = offered[apiKeys[name]]
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
