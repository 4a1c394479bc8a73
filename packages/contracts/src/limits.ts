/** A row of a table of limits: one quantity that input from outside can make grow, and its largest value. */
export interface LimitRow {
  /** What is limited, for operators: "A frame of a client". */
  readonly what: string
  /** The largest value, in `unit`; the default where a configuration key sets it. */
  readonly most: number
  /** The unit of `most`: 'bytes' and 'ms' are printed as KiB and seconds, other words as they are ("a second", "notifications"). */
  readonly unit: string
  /** The key of `[notification_service]` that sets the limit, such as `limits.marks_per_second`. */
  readonly key?: string
  /** What happens beyond the limit: a status, a close code, an error code. */
  readonly beyond: string
  /** The metric that counts what exceeds the limit, with its labels. */
  readonly metric?: string
  /** The test of the limit: a file of the repository and the title of the test, `apps/server/test/x.test.ts: title`. */
  readonly test: string
}

/**
 * Declares a package's limits. The code reads each number from its row (`serverLimits.FRAME.most`), so the table of
 * docs/security.md, which is generated from the rows, cannot differ from the code.
 */
export function defineLimits<const Table extends Readonly<Record<string, LimitRow>>>(table: Table): Table {
  return table
}
