import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import type { Broker } from '../kafkajs/internals/broker.ts'
import { internal, type RequestName } from '../kafkajs/internals/internals.ts'

/** The requests that are sent, with the oldest version that is enough: kafkajs has older ones that have no record batches. */
type NeededVersions = readonly (readonly [name: RequestName, least: number])[]
const ALWAYS: NeededVersions = [
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
const TO_CREATE: NeededVersions = [['CreateTopics', 0]]
const TO_AUTHENTICATE: NeededVersions = [['SaslHandshake', 0]]

/**
 * Returns an error for all versions of a broker that are too old for kafkajs, and one for all that are too new. kafkajs itself compares only
 * the broker's newest version: where the broker has dropped the version that kafkajs sends, call after call fails.
 */
export function checkVersions(
  offered: Broker['versions'],
  where: string,
  { createTopics, sasl }: { readonly createTopics: boolean; readonly sasl: boolean },
): BelfryError[] {
  const [apiKeys, requests] = [internal('apiKeys'), internal('requests')]
  const needed = [...ALWAYS, ...(createTopics ? TO_CREATE : []), ...(sasl ? TO_AUTHENTICATE : [])]
  const tooOld: string[] = []
  const tooNew: string[] = []
  for (const [name, least] of needed) {
    const known = requests[name].versions.map(Number)
    const [oldest, newest] = [Math.max(least, Math.min(...known)), Math.max(...known)]
    const offer = offered[apiKeys[name]]
    if (offer === undefined) tooOld.push(`it has no ${name}`)
    else if (offer.maxVersion < oldest)
      tooOld.push(`it has ${name} up to version ${offer.maxVersion}, expected ${oldest}`)
    else if (offer.minVersion > newest)
      tooNew.push(`it has ${name} from version ${offer.minVersion} on, expected ${newest}`)
  }
  return [
    ...(tooOld.length > 0 ? [kafkaErrors.KAFKA_TOO_OLD({ where, what: tooOld.join('; ') })] : []),
    ...(tooNew.length > 0 ? [kafkaErrors.KAFKA_TOO_NEW({ where, what: tooNew.join('; ') })] : []),
  ]
}
