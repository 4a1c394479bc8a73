import { coreErrors } from '../errors.ts'
import type { DecidedSlice } from './decide.ts'
import type { TopicStates } from './topic-states.ts'

/** Finds topics that hold something else than events, before they become dead letters by the thousand. */
export interface TypeGuard {
  /** Given all records in the order in which they are read, returns the topics whose first hundred have no type, and are not trusted. */
  strangers(slices: readonly DecidedSlice[]): readonly string[]
}

/** This many records without a type, and none with one, are not a mistake of one producer: the topic holds something else. */
export const MOST_TYPELESS = 100

/** A topic with an event among its first hundred records is trusted from then on. */
export function createTypeGuard(topics: TopicStates): TypeGuard {
  /** Records without a type, by topics in which none has come with one. */
  const counts = new Map<string, number>()
  return {
    strangers(slices) {
      for (const { topic, entries } of slices)
        for (const { record, deadLetters } of entries) {
          // A tombstone has no type in any topic; nor has what the log has lost.
          if ((record.value?.length ?? 0) === 0 || topics.isTrusted(topic)) continue
          // Nor has what was not decoded.
          if (deadLetters.some(({ code }) => code === coreErrors.RECORD_BLOCKED.code)) continue
          if (deadLetters.some(({ code }) => code === 'EVENT_NOT_CLOUDEVENT'))
            counts.set(topic, (counts.get(topic) ?? 0) + 1)
          else if ((counts.get(topic) ?? 0) < MOST_TYPELESS) topics.trust(topic)
        }
      return [...counts].flatMap(([topic, count]) => (count >= MOST_TYPELESS && !topics.isTrusted(topic) ? topic : []))
    },
  }
}
