import type { MovablePositions, Position } from '../../ports/positions.ts'
import { type MemoryState, nameOf } from './memory-state.ts'

export function positionsRole({ positions }: MemoryState): MovablePositions {
  const placeOf = ({ topic, partition }: Position) => nameOf(topic, partition)
  return {
    async beginAt(starting) {
      for (const one of starting) if (!positions.has(placeOf(one))) positions.set(placeOf(one), one)
      return starting.map((one) => positions.get(placeOf(one)) ?? one)
    },
    of: async (topics) => [...positions.values()].filter(({ topic }) => topics.includes(topic)),
    async move(moves) {
      const due = moves.filter(({ from }) => positions.get(placeOf(from))?.next === from.next)
      for (const { from, to } of due) {
        const { logId, reached = 0 } = positions.get(placeOf(from)) ?? from
        const furthest = Math.max(from.next, reached)
        positions.set(placeOf(to), { ...to, ...(logId === to.logId && furthest > to.next && { reached: furthest }) })
      }
      return due.length
    },
  }
}
