import type { Blocked, Topics } from '../../ports/topics.ts'
import { storable } from './memory-letters.ts'
import { type MemoryState, nameOf } from './memory-state.ts'

export function topicsRole(state: MemoryState): Topics {
  const { pausedTopics, blocked } = state
  return {
    paused: async () => [...pausedTopics],
    async setPaused(topic, paused) {
      if (paused) pausedTopics.add(topic)
      else pausedTopics.delete(topic)
    },
    async block(one) {
      const { topic, partition, offset, plugin = '', why } = one
      blocked.set(nameOf(topic, partition, offset, plugin), { ...one, why: storable(why) })
    },
    blocked: async (topics) =>
      [...blocked.values()].filter((one) => topics.includes(one.topic) && !isPassed(state, one)),
  }
}

/** Deletes what is blocked in partitions that are applied beyond it; returns how many. */
export function pruneBlocked(state: MemoryState): number {
  const passed = [...state.blocked].filter(([, one]) => isPassed(state, one))
  for (const [name] of passed) state.blocked.delete(name)
  return passed.length
}

const isPassed = ({ positions }: MemoryState, { topic, partition, offset }: Blocked): boolean =>
  (positions.get(nameOf(topic, partition))?.next ?? 0) > offset
