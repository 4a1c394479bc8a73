import { defineLimits } from '@belfry/contracts/limits'

/** Limits of what the process writes to its log and remembers, whatever is sent. */
export const memoryLimits = defineLimits({
  LOG_LINE: {
    what: 'All fields of a line of the log',
    most: 32_768,
    unit: 'characters',
    beyond: 'the rest is not written',
    test: 'apps/server/test/logging/short-fields.test.ts: a line of the log is short, however long',
  },
  LOG_TEXT: {
    what: 'A text in a line of the log',
    most: 2_000,
    unit: 'characters',
    beyond: 'only its beginning is written',
    test: 'apps/server/test/logging/logger.test.ts: shows the beginning of a long text, and of an error without a code where it was thrown',
  },
  LOG_LINES: {
    what: 'Warnings and errors in the log of one code, plugin and topic',
    most: 1,
    unit: 'a second',
    beyond: 'the next line has how many it stands for (`count`)',
    test: 'apps/server/test/logging/logger.test.ts: of requests that are refused by the thousand is one line a second, without a stack, with how many they were',
  },
  LABEL_VALUES: {
    what: 'Values of one label of a metric',
    most: 200,
    unit: 'values',
    beyond: 'counted together, as `other`',
    test: 'apps/server/test/metrics/metrics.test.ts: take no more values of a label than are allowed, whatever is sent',
  },
  COUNTED_KEYS: {
    what: 'People or addresses that one of these limits counts at a time',
    most: 100_000,
    unit: 'people or addresses',
    beyond: 'the one that was counted first is forgotten',
    test: 'apps/server/test/http/limits.test.ts: returns how long to wait, and remembers no more people or addresses than are allowed',
  },
  SUSPECTS: {
    what: 'Records and handlers that have ended a thread once and are remembered',
    most: 1_000,
    unit: 'records',
    beyond: 'the first is forgotten, and may end a thread twice more',
    test: 'apps/server/test/intake/verdict.test.ts: remembers no more records than are allowed',
  },
})
