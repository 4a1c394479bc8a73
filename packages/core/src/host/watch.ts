import type { Place } from './incoming.ts'

/**
 * Told which handler a thread is in, so that whoever watches the thread knows what it died of. In careful times a handler that was given up
 * is not left before the next events: it may go on, and end the thread before anything of this batch is applied. To be taken for the one
 * that did it costs its event nothing, which is a dead letter of its plugin in any case.
 */
export interface Watch {
  enter(plugin: string, place: Place): void
  leave(): void
  /** Whether handlers run one at a time, each until it has answered: nothing else can then be to blame. */
  careful(): boolean
}

/** Told which record a thread is in. */
export interface RecordWatch {
  enter(place: Place): void
  leave(): void
}
