import { serverLimits } from '../../limits/server-limits.ts'

/** Limits the bytes of bodies that are in memory at once, in all and of one person. */
export interface BodyBudget {
  /** Takes a part for a body of this size; returns what releases it, or undefined where nothing is left. */
  take(person: string, bytes: number): (() => void) | undefined
}

/** The least that a request takes, whatever its body is. */
const MIN_BYTES = 4_096

export function createBodyBudget(): BodyBudget {
  const byPerson = new Map<string, number>()
  let all = 0
  return {
    take(person, bytes) {
      const size = Math.max(bytes, MIN_BYTES)
      const own = (byPerson.get(person) ?? 0) + size
      if (own > serverLimits.BODIES_OF_PERSON.most || all + size > serverLimits.BODIES.most) return undefined
      byPerson.set(person, own)
      all += size
      return () => {
        all -= size
        const left = (byPerson.get(person) ?? 0) - size
        if (left > 0) byPerson.set(person, left)
        else byPerson.delete(person)
      }
    },
  }
}
