// `pnpm test:long`: what takes long, and the random histories, each for BELFRY_TEST_SECONDS (300 unless it is set).
import { runTests } from './run-tests.ts'

process.exitCode = await runTests('test:long', process.argv.slice(2), {
  BELFRY_TEST_SECONDS: process.env.BELFRY_TEST_SECONDS ?? '300',
})
