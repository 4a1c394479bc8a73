import type { Intake, Progress, RetryResult } from '@belfry/core'

/** What applies events, in threads or in the main thread. */
export interface IntakeParts {
  readonly intake: Intake
  /** Where every partition stands. */
  progress(): Promise<readonly Progress[]>
  /** Tries a dead letter again. */
  retry(id: number, force: boolean): Promise<RetryResult>
  /** This person is connected to this instance now, or not any more. */
  presence(person: string, here: boolean): void
}
