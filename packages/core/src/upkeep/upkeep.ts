import { BelfryError, isTransient } from '@belfry/contracts/errors'
import { backOff } from '../flow/back-off.ts'
import { type Logger, silent } from '../logger.ts'
import type { Change } from '../ports/inboxes.ts'
import type { UpkeepSteps } from '../ports/upkeep-steps.ts'
import { DueSteps, type RetentionDays } from './due-steps.ts'

export interface UpkeepOptions {
  readonly steps: UpkeepSteps
  /** Called with what each step changed, after its commit. */
  readonly push: (changes: readonly Change[]) => void
  /** Called with the plugin of each large audience that was given up, and kept as a dead letter. */
  readonly onRefused?: (plugin: string) => void
  /** How long things are kept. */
  readonly retention: RetentionDays
  readonly logger?: Logger
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Milliseconds between two checks for due work: 5,000 unless given. */
  readonly interval?: number
}

/** What has to be done without an event: large audiences, expiry, retention. */
export interface Upkeep {
  /** There is a large audience to notify: begins with it at once. */
  wake(): void
  /** Events were applied: as long as that goes on, it leaves most of the time to them. */
  yieldToEvents(): void
  /** Finishes the step under way. */
  close(): Promise<void>
}

/** Between two steps without a deadline, the intake has this many milliseconds for the store. */
const PAUSE_MS = 20
/** While events are applied, a step that people wait for is followed by a pause that is this many times as long as it took. */
const PAUSE_PER_STEP = 2

/** Begins the upkeep of a store: one step at a time, so that it never takes more than one connection from the intake. */
export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { onRefused = () => {}, logger = silent, clock = Date.now, interval = 5_000 } = options
  /** Whether events have been applied since the last step began, and until then. */
  let [hasApplied, isBusy] = [false, false]
  const due = new DueSteps({ ...options, onRefused, logger, clock, interval, isBusy: () => isBusy })
  const closing = new AbortController()
  let isAwake = true
  let endSleep = () => {}

  const run = async () => {
    for (let tries = 0; !closing.signal.aborted; ) {
      isAwake = false
      ;[isBusy, hasApplied] = [hasApplied, false]
      const began = performance.now()
      const { awaited, background, failed } = await takeEachStep(tries === 0)
      tries = failed ? tries + 1 : 0
      if (failed) await backOff(tries - 1, { signal: closing.signal })
      else if (awaited && hasApplied) await pause(PAUSE_PER_STEP * (performance.now() - began))
      else if (background && !awaited) await pause(PAUSE_MS)
      else if (!awaited) await sleep()
    }
  }
  /**
   * Takes one step of each kind: none waits until another has nothing left to do, and one that fails does not keep the others from their
   * turns. Returns what there may be more of, and whether one has failed.
   */
  const takeEachStep = async (logsFailure: boolean) => {
    const result = { awaited: false, background: false, failed: false }
    for (const [urgency, step] of due.all) {
      if (closing.signal.aborted) break
      try {
        if (await step()) result[urgency] = true
      } catch (error) {
        result.failed = true
        const sentence = error instanceof BelfryError ? error.sentence : 'what is due could not be done: trying again'
        if (logsFailure) logger.error({ err: error }, sentence)
        // A store that is away is away for the others too.
        if (isTransient(error)) break
      }
    }
    return result
  }
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  const sleep = async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    endSleep = resolve
    const timer = setTimeout(resolve, interval).unref()
    if (isAwake || closing.signal.aborted) resolve()
    await promise
    clearTimeout(timer)
  }
  const running = run()

  return {
    wake() {
      isAwake = true
      endSleep()
    },
    yieldToEvents() {
      hasApplied = true
    },
    async close() {
      closing.abort()
      endSleep()
      await running
    },
  }
}
