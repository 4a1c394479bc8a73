import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const SETUP = 'test/global-setup.ts'

// One configuration for every package: each runs it in its own folder, and leaves its results where `pnpm test` adds them up.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // What a package makes once for all its files.
    globalSetup: existsSync(SETUP) ? [SETUP] : [],
    reporters: ['default', 'json'],
    outputFile: { json: '.vitest/results.json' },
    // What starts programs takes several times as long on a machine that is busy with others; what hangs is found by its conditions.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A condition is waited for as long as a machine that is busy with others may need.
    expect: { poll: { timeout: 20_000 } },
  },
})
