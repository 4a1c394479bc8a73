import type { Log, Position } from '@belfry/core'
import { ofAnotherLog } from '../cluster/another-log.ts'
import type { Bounds } from '../cluster/log-bounds.ts'
import { partitionInWords } from '../cluster/partition-name.ts'
import type { Partition } from './partition.ts'

/** What is known of the log of a partition. */
export interface Found {
  /** The id of its topic; absent where the brokers tell none. */
  readonly id: string | undefined
  readonly bounds: Bounds
}

/**
 * Sees that a partition can be read from where it is: what the log has lost below is noted, as something that follows what was read;
 * and a log that is another one, or shorter than what was read of it, is not read before an operator has decided.
 */
export function findPlace(one: Partition, position: Position, { id, bounds }: Found, log: Log): void {
  const { topic, partition } = one
  const name = partitionInWords(one)
  const at = position.next < one.applied || position.next > one.taken ? position.next : one.read
  const before = one.stranded
  one.log = id
  if (before !== undefined && at === one.unreadable) return
  one.unreadable = undefined
  one.stranded =
    ofAnotherLog(position, id) ??
    (at > bounds.end
      ? `${name} ends at ${bounds.end}, and was read up to ${at}: records are missing from its end`
      : undefined)
  if (one.stranded !== undefined) {
    if (before === undefined) log.error({ topic, partition, position: position.next }, one.stranded)
    return
  }
  if (at >= bounds.low) return
  if (at !== one.read) one.restart(position.next)
  const gone = `the records ${at} to ${bounds.low - 1} of ${name} were deleted before they were read`
  log.error({ topic, partition, from: at, to: bounds.low - 1 }, gone)
  one.add([], bounds.low, gone)
}
