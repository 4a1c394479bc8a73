/**
 * How many histories to run: so many, or those that fit into BELFRY_TEST_SECONDS. A failure prints its seed and the shortest
 * history that it found; BELFRY_TEST_SEED runs that one again.
 */
export function runs(count: number) {
  const { BELFRY_TEST_SECONDS: seconds, BELFRY_TEST_SEED: seed } = process.env
  return {
    numRuns: seconds === undefined ? count : 10_000_000,
    ...(seconds !== undefined && { interruptAfterTimeLimit: Number(seconds) * 1_000 }),
    ...(seed !== undefined && { seed: Number(seed) }),
  }
}

/** Milliseconds that such a test may take: long enough that a failure finds its shortest history. */
export const timeout = (Number(process.env.BELFRY_TEST_SECONDS ?? 60) + 240) * 1_000
