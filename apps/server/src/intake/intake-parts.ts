import type { Intake, Progress, RetryResult } from '@belfry/core'

/** What applies events, wherever that is done. */
export interface IntakeParts {
  readonly intake: Intake
  /** Where every partition stands. */
  progress(): Promise<readonly Progress[]>
  /** Tries a dead letter again. */
  retry(id: number, force: boolean): Promise<RetryResult>
  /** Somebody is connected here now, or not any more. */
  presence(person: string, here: boolean): void
}
