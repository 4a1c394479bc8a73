import { coreErrors } from '../errors.ts'
import type { DecidedSlice } from './decide.ts'

/** Keeps a topic that holds something else than events from becoming dead letters by the thousand. */
export interface TypeGuard {
  /** Answers the topics whose first hundred records have no type; asked of records in the order in which they are read. */
  strangers(slices: readonly DecidedSlice[]): readonly string[]
  /** An operator has said that this topic is to be read, whatever it holds. */
  trust(topic: string): void
}

/** So many records without a type, and none with one, are not a mistake of one producer: the topic holds something else. */
export const MOST_TYPELESS = 100

export function createTypeGuard(): TypeGuard {
  const trusted = new Set<string>()
  /** Records without a type, by topics in which none has come with one. */
  const counts = new Map<string, number>()
  return {
    strangers(slices) {
      for (const { topic, entries } of slices)
        for (const { record, deadLetters } of entries) {
          // A tombstone says nothing; neither does what the log has lost.
          if (record.value === null || trusted.has(topic)) continue
          // Neither does what was not decoded.
          if (deadLetters.some(({ code }) => code === coreErrors.RECORD_BLOCKED.code)) continue
          if (deadLetters.some(({ code }) => code === 'EVENT_NOT_CLOUDEVENT'))
            counts.set(topic, (counts.get(topic) ?? 0) + 1)
          else if ((counts.get(topic) ?? 0) < MOST_TYPELESS) trusted.add(topic)
        }
      return [...counts].flatMap(([topic, count]) => (count >= MOST_TYPELESS && !trusted.has(topic) ? topic : []))
    },
    trust(topic) {
      trusted.add(topic)
      counts.delete(topic)
    },
  }
}
