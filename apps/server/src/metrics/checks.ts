import type { IntakeStatus, Progress, Store } from '@belfry/core'
import type { Metrics } from './metrics.ts'
import type { Notices } from './notices.ts'
import { type Readiness, readinessOf } from './readiness.ts'
import { shareCheck } from './shared-check.ts'

/** Answers about this instance that cost something: each is made once for all requests within a second. */
export interface Checks {
  /** Where every partition stands. */
  progress(): Promise<readonly Progress[]>
  /** How every part is. */
  readiness(): Promise<Readiness>
  /** The metrics as Prometheus reads them. */
  metricsText(): ReturnType<Metrics['text']>
  /** An operator has changed something: requests from now on get answers that show it. */
  forget(): void
}

export interface ChecksOptions {
  /** Resolves when the store answers. */
  readonly storeReady: Store['ready']
  readonly intake: { progress(): Promise<readonly Progress[]>; status(): IntakeStatus }
  readonly sockets: { readonly count: number }
  readonly metrics: Pick<Metrics, 'text'>
  readonly notices: Pick<Notices, 'ofTopic'>
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

export function createChecks({ storeReady, intake, sockets, metrics, notices, clock }: ChecksOptions): Checks {
  const progress = shareCheck(intake.progress, clock)
  const source = { progress: progress.run }
  const readiness = shareCheck(
    () => readinessOf({ ready: storeReady, source, status: intake.status, notesOf: notices.ofTopic }),
    clock,
  )
  const metricsText = shareCheck(
    () => metrics.text({ progress: progress.run, readiness: readiness.run, connections: sockets.count }),
    clock,
  )
  return {
    progress: progress.run,
    readiness: readiness.run,
    metricsText: metricsText.run,
    forget() {
      for (const check of [progress, readiness, metricsText]) check.forget()
    },
  }
}
