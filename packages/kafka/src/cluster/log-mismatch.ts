import type { Position } from '@belfry/core'
import { partitionInWords } from './partition-name.ts'

/** Returns a sentence where a position belongs to another log than the one with this id; undefined where it belongs to it. */
export function logMismatch(position: Position, id: string | undefined): string | undefined {
  const { next, logId } = position
  const name = partitionInWords(position)
  if (id === undefined || logId === id) return undefined
  if (logId === undefined) return `${name} was read up to ${next} from the log in the store, and not yet from Kafka`
  return `${name} is another log than the one that was read up to ${next}: the topic was deleted and created again`
}
