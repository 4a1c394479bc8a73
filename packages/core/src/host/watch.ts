import type { Place } from './incoming.ts'

/**
 * Follows which handler a thread is in, so that the cause is known when the thread ends. In careful mode a handler that was given up is
 * left only before the next events: it may go on, and end the thread before anything of this batch is applied. Where it is then taken for
 * the cause, its event loses nothing: that is a dead letter of its plugin in any case.
 */
export interface Watch {
  enter(plugin: string, place: Place): void
  leave(): void
  /** Whether careful mode is on: handlers run one at a time, each until it has returned, so that no other can be the cause. */
  careful(): boolean
}

/** Follows which record a thread is in. */
export interface RecordWatch {
  enter(place: Place): void
  leave(): void
}
