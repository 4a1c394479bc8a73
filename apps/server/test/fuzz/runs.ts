/** How often a property is tried, and from where: BELFRY_TEST_FUZZ and BELFRY_TEST_SEED say otherwise. */
export function runsOf(requests: number, each = 1) {
  const { BELFRY_TEST_FUZZ: given, BELFRY_TEST_SEED: seed } = process.env
  return {
    numRuns: Math.max(1, Math.ceil(Number(given ?? requests) / each)),
    // A slow machine tries less, and says nothing of it.
    interruptAfterTimeLimit: given === undefined ? 60_000 : 3_600_000,
    ...(seed !== undefined && { seed: Number(seed) }),
  }
}
