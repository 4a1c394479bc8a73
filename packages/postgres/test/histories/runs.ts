const { BELFRY_TEST_SECONDS: seconds, BELFRY_TEST_SEED: seed } = process.env

/**
 * How many histories to run: so many, or as many as fit into a minute; or those that fit into BELFRY_TEST_SECONDS. A failure prints its
 * seed and the shortest history that it found; BELFRY_TEST_SEED runs that one again, and takes the time that it needs.
 */
export function runs(count: number) {
  return {
    numRuns: seconds === undefined ? count : 10_000_000,
    ...((seconds !== undefined || seed === undefined) && { interruptAfterTimeLimit: Number(seconds ?? 60) * 1_000 }),
    ...(seed !== undefined && { seed: Number(seed) }),
  }
}

/** Milliseconds that such a test may take: an hour for a seed that is run again. */
export const timeout = seed === undefined ? (Number(seconds ?? 60) + 240) * 1_000 : 3_600_000
