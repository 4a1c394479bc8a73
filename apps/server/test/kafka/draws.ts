/** Numbers that are the same for the same seed, so that what went wrong can be repeated. */
export interface Draws {
  /** From 0 to below `end`. */
  below(end: number): number
  one<T>(of: readonly T[]): T
  /** At most so many of them, each once. */
  some<T>(of: readonly T[], most: number): readonly T[]
  /** True so often, of 1. */
  chance(often: number): boolean
}

/** What all tests here draw from, unless BELFRY_TEST_SEED says another. */
export const seed = Number(process.env.BELFRY_TEST_SEED ?? Date.now() % 1_000_000)

/** Begins to draw (mulberry32). */
export function createDraws(from: number): Draws {
  let state = from
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const draws: Draws = {
    below: (end) => Math.floor(draw() * end),
    one<T>(of: readonly T[]): T {
      const drawn = of[draws.below(of.length)]
      if (drawn === undefined) throw new Error('there is nothing to draw from')
      return drawn
    },
    some: (of, most) => [...new Set(Array.from({ length: draws.below(most + 1) }, () => draws.one(of)))],
    chance: (often) => draw() < often,
  }
  return draws
}
