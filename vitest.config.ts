import { existsSync, globSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { defineConfig, defineProject } from 'vitest/config'

/*
 * The end of a file's name says when its tests run:
 *   x.test.ts         in `pnpm test`: quick.
 *   x.random.test.ts  in `pnpm test` for some seconds, and in `pnpm test:long` for minutes.
 *   x.long.test.ts    in `pnpm test:long` alone, which sets BELFRY_TEST_LONG.
 */
const LONG = 'test/**/*.long.test.ts'
const includesLong = (process.env.BELFRY_TEST_LONG ?? '') !== ''

/** How the tests of the package in this folder run; `.` is the working directory. */
const testsOf = (folder: string) => {
  const setup = resolve(folder, 'test/global-setup.ts')
  return {
    include: ['test/**/*.test.ts'],
    exclude: includesLong ? [] : [LONG],
    // What a package makes once for all its files.
    globalSetup: existsSync(setup) ? [setup] : [],
    // A test that starts programs takes several times as long on a busy machine; conditions find what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A busy machine may need this long until a condition holds.
    expect: { poll: { timeout: 20_000 } },
  }
}

const results = (path: string) => ({ reporters: ['default', 'json'], outputFile: { json: path } })
const packages = globSync('{packages,apps}/*/package.json').map(dirname).sort()

/** In a package's folder its own tests, at the root those of all packages: one scheduler, one file of results. */
export default defineConfig({
  test:
    packages.length === 0
      ? { ...testsOf('.'), ...results('.vitest/results.json') }
      : {
          ...results('.vitest/results.json'),
          projects: packages.map((folder) =>
            defineProject({ root: resolve(folder), test: { name: folder.replace(/^.*\//, ''), ...testsOf(folder) } }),
          ),
        },
})
