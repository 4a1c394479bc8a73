import { allContracts, type CloudEvent, encodeRecord, keyOf } from '@belfry/contracts'

/** A record that is to be written to a partition of its topic. */
export interface Planned {
  /** As Belfry names it. */
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly value: string | Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export const topics = [...new Set(allContracts.map(({ topic }) => topic))]
/** How many partitions each topic has at first. */
export const PARTITIONS = 3
/** The topic of which only the last record of each key is kept; each event of it has a key of its own there. */
export const COMPACTED = 'conflict'

/** The partition whose order a key has. */
const partitionOf = (key: string): number =>
  [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7) % PARTITIONS

/** An event as a record in one of the two modes of CloudEvents, in the partition of its key. */
export function planned(event: CloudEvent, mode: 'binary' | 'structured' = 'binary'): Planned {
  const contract = allContracts.find(({ type }) => type === event.type)
  if (contract === undefined) throw new Error(`there is no contract of ${event.type}`)
  const key = keyOf(event, contract)
  const { topic } = contract
  const place = { topic, partition: partitionOf(key), key: topic === COMPACTED ? event.id : key }
  if (mode === 'binary') {
    const { value, headers } = encodeRecord(event, contract)
    return { ...place, value, headers }
  }
  return { ...place, value: JSON.stringify(event), headers: { 'content-type': 'application/cloudevents+json' } }
}
