// The sum of the last `pnpm test` and the last `pnpm test:long`.
import { printSum, readResults } from './test-results.ts'

printSum([readResults('test'), readResults('test:long')])
