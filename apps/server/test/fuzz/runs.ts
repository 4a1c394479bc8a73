import { onTestFailed } from 'vitest'

/** How often a property is tried, and from where: BELFRY_TEST_FUZZ and BELFRY_TEST_SEED say otherwise. A test that fails prints its seed. */
export function runsOf(requests: number, each = 1) {
  const { BELFRY_TEST_FUZZ: given, BELFRY_TEST_SEED } = process.env
  const seed = Number(BELFRY_TEST_SEED ?? Date.now() ^ (Math.random() * 2 ** 32))
  // What is wrong may show only afterwards, outside the property that would say so.
  onTestFailed(() => console.error(`BELFRY_TEST_SEED=${seed} runs the same again`))
  return {
    numRuns: Math.max(1, Math.ceil(Number(given ?? requests) / each)),
    // A slow machine tries less, and says nothing of it.
    interruptAfterTimeLimit: given === undefined ? 60_000 : 3_600_000,
    seed,
  }
}
