import { onTestFailed } from 'vitest'

/** Numbers that are the same for the same seed. */
export interface Draws {
  /** A number from 0 to below 1. */
  next(): number
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  one<T>(of: readonly T[]): T
  /** At most `most` of them, each once. */
  some<T>(of: readonly T[], most: number): readonly T[]
  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean
}

/** How a property of fast-check is run. */
export interface RandomRuns {
  readonly numRuns: number
  readonly seed: number
  /** Milliseconds. */
  readonly interruptAfterTimeLimit: number
}

/** In `pnpm test` a property takes no longer, however slow the machine is; on an idle one its count takes some seconds. */
const QUICK_SECONDS = 60
const HOUR_SECONDS = 3_600
/** What a property may take beyond its time: a run that has begun, and the search for a shorter example. */
const MARGIN_SECONDS = 240

const settings = () => {
  const { BELFRY_TEST_SECONDS: seconds, BELFRY_TEST_SEED: seed } = process.env
  return {
    seconds: seconds === undefined ? undefined : Number(seconds),
    seed: seed === undefined ? undefined : Number(seed),
  }
}

/**
 * The seed of the test that calls it: BELFRY_TEST_SEED, or one that is drawn. Wherever the test fails, the seed is printed: what is wrong
 * may show only after the random part.
 */
export function seedOfTest(): number {
  const seed = settings().seed ?? Math.floor(Math.random() * 2 ** 31)
  onTestFailed(() => console.error(`BELFRY_TEST_SEED=${seed} runs the same again`))
  return seed
}

/** The draws of the test that calls it. */
export const drawsOfTest = (): Draws => createDraws(seedOfTest())

/**
 * How the test that calls it runs its property: `count` times, or as often as fits into BELFRY_TEST_SECONDS. A seed that is named runs
 * as long as it takes.
 */
export function randomRuns(count: number): RandomRuns {
  const { seconds, seed } = settings()
  const limit = seconds ?? (seed === undefined ? QUICK_SECONDS : HOUR_SECONDS)
  return {
    numRuns: seconds === undefined ? count : 10_000_000,
    seed: seedOfTest(),
    interruptAfterTimeLimit: limit * 1_000,
  }
}

/** Seconds that a test without a count takes: BELFRY_TEST_SECONDS, or these. */
export const secondsOf = (quick: number): number => settings().seconds ?? quick

/** Milliseconds after which a random test is hung. */
export const randomTimeout = (): number => {
  const { seconds, seed } = settings()
  return (seed === undefined ? (seconds ?? QUICK_SECONDS) + MARGIN_SECONDS : HOUR_SECONDS) * 1_000
}

/** Draws from this seed (mulberry32). */
export function createDraws(seed: number): Draws {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  const one = <T>(of: readonly T[]): T => {
    const drawn = of[below(of.length)]
    if (drawn === undefined) throw new Error('there is nothing to draw from')
    return drawn
  }
  return {
    next,
    below,
    one,
    some: (of, most) => [...new Set(Array.from({ length: below(most + 1) }, () => one(of)))],
    chance: (probability) => next() < probability,
  }
}
