import { coreErrors } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Change } from '../ports/inboxes.ts'
import type { UpkeepSteps } from '../ports/upkeep-steps.ts'

/** How long things are kept, in days. */
export interface RetentionDays {
  readonly readDays: number
  readonly days: number
  readonly identityDays: number
}

export interface DueStepsOptions {
  readonly steps: UpkeepSteps
  /** Called with what each step changed, after its commit. */
  readonly push: (changes: readonly Change[]) => void
  /** Called with the plugin of each large audience that was given up, and kept as a dead letter. */
  readonly onRefused: (plugin: string) => void
  readonly retention: RetentionDays
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Milliseconds between two checks for expired notifications. */
  readonly interval: number
  /** Whether events are being applied. */
  readonly isBusy: () => boolean
}

/** Whether people wait for a step: for a large audience, or for what has expired. The deletion of what is old runs in the background. */
export type Urgency = 'awaited' | 'background'

const DAY_MS = 86_400_000
/** Milliseconds between the beginnings of two walks over all people, in search of what is old. */
const RETENTION_INTERVAL_MS = 3_600_000
/** How many people one step notifies, or how many notifications that have expired it withdraws. */
const STEP_SIZE = 1_000
/** How many people one step notifies while events are applied: they wait for the store, or for the thread, until it ends. */
const BUSY_STEP_SIZE = 250

/** The steps that a store's upkeep consists of, and when each is due. */
export class DueSteps {
  /** Each takes one step of its kind where one is due, and returns whether there may be more to do. */
  readonly all: readonly (readonly [Urgency, () => Promise<boolean>])[]
  readonly #options: DueStepsOptions
  #expireAt = 0
  #retainAt: number
  /** Where the walk over the people stands; undefined between two walks. */
  #walk: string | undefined
  /** After each walk the rest is pruned, until nothing old is left. */
  #isPruning = false

  constructor(options: DueStepsOptions) {
    this.#options = options
    this.#retainAt = options.clock() + options.interval
    this.all = [
      ['awaited', () => this.#fanOut()],
      ['awaited', () => this.#expire()],
      ['background', () => this.#retain()],
      ['background', () => this.#prune()],
      ['background', () => options.steps.nameLetters()],
    ]
  }

  async #fanOut(): Promise<boolean> {
    const { steps, push, onRefused, logger, clock, isBusy } = this.#options
    const { changes, more, refused } = await steps.fanOut(clock(), isBusy() ? BUSY_STEP_SIZE : STEP_SIZE)
    push(changes)
    if (refused !== undefined) {
      const { plugin, why } = refused
      const { code, remedy } = coreErrors.FAN_OUT_REFUSED
      logger.error({ code, plugin, remedy }, `a large audience was given up: ${why}`)
      onRefused(plugin)
    }
    return more
  }

  async #expire(): Promise<boolean> {
    const { steps, push, clock, interval } = this.#options
    if (clock() < this.#expireAt) return false
    const changes = await steps.expire(clock(), STEP_SIZE)
    push(changes)
    if (changes.length === 0) this.#expireAt = clock() + interval
    return changes.length > 0
  }

  async #retain(): Promise<boolean> {
    const { steps, push, retention, clock } = this.#options
    if (this.#walk === undefined && clock() < this.#retainAt) return false
    this.#retainAt = clock() + RETENTION_INTERVAL_MS
    const at = clock()
    const [readBefore, before] = [at - retention.readDays * DAY_MS, at - retention.days * DAY_MS]
    const { changes, next } = await steps.retain({ at, readBefore, before }, this.#walk)
    push(changes)
    this.#walk = next
    this.#isPruning = next === undefined
    return true
  }

  async #prune(): Promise<boolean> {
    if (!this.#isPruning) return false
    const { steps, retention, clock } = this.#options
    const at = clock()
    const before = { identities: at - retention.identityDays * DAY_MS, others: at - retention.days * DAY_MS }
    this.#isPruning = (await steps.prune(before)) > 0
    return true
  }
}
