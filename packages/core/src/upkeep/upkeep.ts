import { BelfryError, isTransient } from '@belfry/contracts/errors'
import { backOff } from '../flow/back-off.ts'
import { type Log, silent } from '../log.ts'
import type { Change } from '../ports/inboxes.ts'
import type { UpkeepSteps } from '../ports/upkeep-steps.ts'

export interface UpkeepOptions {
  readonly steps: UpkeepSteps
  /** Given what each step changed, after its commit. */
  readonly push: (changes: readonly Change[]) => void
  /** Told of each plugin's large audience that was given up, and kept as a dead letter. */
  readonly onRefused?: (plugin: string) => void
  /** How long things are kept, in days. */
  readonly retention: { readonly readDays: number; readonly days: number; readonly identityDays: number }
  readonly log?: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** What is due is looked for every so many milliseconds: 5,000 unless said otherwise. */
  readonly interval?: number
}

/** What has to be done without an event: large audiences, expiry, retention. */
export interface Upkeep {
  /** There is a large audience to be told. */
  wake(): void
  /** Finishes the step under way. */
  close(): Promise<void>
}

const DAY = 86_400_000
/** What is old is looked for so often, in milliseconds. */
const RETENTION_INTERVAL = 3_600_000
/** One step tells so many people, or withdraws so much that has expired. */
const STEP = 500
/** Between two steps for which nobody waits the intake has its turn, for so many milliseconds. */
const PAUSE = 20

/** Begins to look after a store; one step at a time, so that it never takes more than one connection from the intake. */
export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { steps, push, onRefused = () => {}, retention, log = silent, clock = Date.now, interval = 5_000 } = options
  const closing = new AbortController()
  let awake = true
  let rouse = () => {}
  let expireAt = 0
  let retainAt = clock() + interval
  /** Where the walk over the people stands; undefined between two walks. */
  let walk: string | undefined
  /** After each walk the rest is pruned, until nothing old is left. */
  let pruning = false

  const fanOut = async (): Promise<boolean> => {
    const { changes, more, refused } = await steps.fanOut(clock(), STEP)
    push(changes)
    if (refused !== undefined) {
      const { plugin, why } = refused
      log.error({ code: 'FAN_OUT_REFUSED', plugin }, `a large audience was given up: ${why}`)
      onRefused(plugin)
    }
    return more
  }
  const expire = async (): Promise<boolean> => {
    if (clock() < expireAt) return false
    const changes = await steps.expire(clock(), STEP)
    push(changes)
    if (changes.length === 0) expireAt = clock() + interval
    return changes.length > 0
  }
  const retain = async (): Promise<boolean> => {
    if (walk === undefined && clock() < retainAt) return false
    retainAt = clock() + RETENTION_INTERVAL
    const at = clock()
    const [readBefore, before] = [at - retention.readDays * DAY, at - retention.days * DAY]
    const { changes, next } = await steps.retain({ at, readBefore, before }, walk)
    push(changes)
    walk = next
    pruning = next === undefined
    return true
  }
  const prune = async (): Promise<boolean> => {
    if (!pruning) return false
    const at = clock()
    pruning =
      (await steps.prune({ identities: at - retention.identityDays * DAY, others: at - retention.days * DAY })) > 0
    return true
  }

  const sleep = async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    rouse = resolve
    const timer = setTimeout(resolve, interval).unref()
    if (awake || closing.signal.aborted) resolve()
    await promise
    clearTimeout(timer)
  }
  const run = async () => {
    for (let tries = 0; !closing.signal.aborted; ) {
      awake = false
      const { urgent, patient, failed } = await takeTurns(tries === 0)
      tries = failed ? tries + 1 : 0
      if (failed) await backOff(tries - 1, { signal: closing.signal })
      else if (patient && !urgent) await new Promise((resolve) => setTimeout(resolve, PAUSE))
      else if (!urgent) await sleep()
    }
  }
  /**
   * One step of each kind: none waits until another has nothing left to do, and what fails keeps no other from its turn. Answers whether
   * somebody waits for more, and whether there is more that nobody waits for.
   */
  const takeTurns = async (say: boolean) => {
    const took = { urgent: false, patient: false, failed: false }
    for (const [kind, step] of turns) {
      if (closing.signal.aborted) break
      try {
        if (await step()) took[kind] = true
      } catch (error) {
        took.failed = true
        const coded = error instanceof BelfryError ? error : undefined
        if (say) log.error({ err: error }, coded?.sentence ?? 'what is due could not be done: trying again')
        // A store that is away is away for the others too.
        if (isTransient(error)) break
      }
    }
    return took
  }
  const turns = [
    ['urgent', fanOut],
    ['urgent', expire],
    ['patient', retain],
    ['patient', prune],
    ['patient', steps.nameLetters],
  ] as const
  const running = run()

  return {
    wake() {
      awake = true
      rouse()
    },
    async close() {
      closing.abort()
      rouse()
      await running
    },
  }
}
