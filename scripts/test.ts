// `pnpm test`: what is quick, of all packages. `pnpm test <words>`: the tests that the words name, long ones too.
import { runTests } from './run-tests.ts'

process.exitCode = await runTests('test', process.argv.slice(2))
