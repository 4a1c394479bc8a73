import type { Log, Position } from '@belfry/core'
import type { Bounds } from './log-bounds.ts'
import type { Partition } from './partition.ts'
import { partitionInWords } from './partition-name.ts'

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

/** Says that a position is not of the log that has this id, in words. */
export function ofAnotherLog(position: Position, id: string | undefined): string | undefined {
  const { next, log } = position
  const name = partitionInWords(position)
  if (id === undefined || log === id) return undefined
  if (log === undefined) return `${name} was read up to ${next} from the log in the store, and not yet from Kafka`
  return `${name} is another log than the one that was read up to ${next}: the topic was deleted and created again`
}
