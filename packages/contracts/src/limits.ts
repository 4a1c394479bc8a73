/** A row of a table of limits: one thing that input from outside can make grow, and how far. */
export interface LimitRow {
  /** What is limited, for operators: "A frame of a client". */
  readonly what: string
  /** The largest value, in `unit`; the default where a configuration key sets it. */
  readonly most: number
  /** What `most` counts: 'bytes' and 'ms' are printed as KiB and seconds, other words as they are ("a second", "notifications"). */
  readonly unit: string
  /** The key of `[notification_service]` that sets it, such as `limits.marks_per_second`. */
  readonly key?: string
  /** What happens beyond it: a status, a close code, an error code. */
  readonly beyond: string
  /** The metric that counts what is beyond it, with its labels. */
  readonly metric?: string
  /** The test that pins it: a file of the repository and the title of the test, `apps/server/test/x.test.ts: title`. */
  readonly test: string
}

/**
 * Declares a package's limits. The code reads each number from its row (`serverLimits.FRAME.most`), so that the table of
 * docs/security.md, which is made from the rows, says what the code does.
 */
export function defineLimits<const Table extends Readonly<Record<string, LimitRow>>>(table: Table): Table {
  return table
}
