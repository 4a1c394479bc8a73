import { BelfryError } from '@belfry/contracts/errors'
import type { IntakeStatus, Progress, RetryResult } from '@belfry/core'
import type { Config } from '../../config/schema.ts'
import type { Commit } from '../../delivery/commit.ts'
import type { PulseNames } from './pulse.ts'

// What the thread that serves and the threads of the intake send to one another.

/** What a thread is started with. */
export interface ThreadData {
  /** From 1. */
  readonly number: number
  readonly config: Config
  /** The address of the module whose default export is the list of plugins. */
  readonly plugins: string
  /** The topics that it opens; it applies nothing of them before a `start`. */
  readonly topics: readonly string[]
  /** Megabytes of memory that it may take. */
  readonly memoryMb: number
  /** Memory of `createPulse`, of this thread alone. */
  readonly pulse: SharedArrayBuffer
  readonly names: PulseNames
  /** Memory of a `Caution`, which all threads share. */
  readonly caution: SharedArrayBuffer
}

/** What a thread answers with a `ThreadResponse`, or refuses with an error. */
export type ThreadRequest =
  | { readonly of: 'start'; readonly topics: readonly string[] }
  | { readonly of: 'pause' | 'resume'; readonly topic: string }
  | { readonly of: 'refresh' }
  | { readonly of: 'progress' }
  | { readonly of: 'retry'; readonly id: number; readonly force: boolean }

export type ThreadResponse =
  | { readonly of: 'done' }
  | { readonly of: 'progress'; readonly progress: readonly Progress[] }
  | { readonly of: 'retry'; readonly retried: RetryResult }

/** A message to a thread. */
export type ToThread =
  | { readonly kind: 'request'; readonly id: number; readonly request: ThreadRequest }
  /** These people are connected to this instance now, or not any more. */
  | { readonly kind: 'presence'; readonly people: readonly string[]; readonly here: boolean }
  | { readonly kind: 'close' }

/** A message from a thread. */
export type FromThread =
  | { readonly kind: 'ready' }
  /** It could not open its engines or plugins. */
  | { readonly kind: 'failed'; readonly error: PackedError }
  | { readonly kind: 'applied'; readonly commit: Commit }
  | { readonly kind: 'status'; readonly status: IntakeStatus }
  | { readonly kind: 'response'; readonly id: number; readonly response: ThreadResponse }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: PackedError }
  | { readonly kind: 'log'; readonly line: string }
  /** Its memory is full. */
  | { readonly kind: 'full' }
  /** It has paused a topic that holds something else than events. */
  | { readonly kind: 'quarantined' }
  /** The inbox of this person, or of anybody, may have changed without a report of it. */
  | { readonly kind: 'unconfirmed'; readonly person?: string }
  /** It has closed its engines. */
  | { readonly kind: 'closed' }

/** An error that is sent to another thread: structured cloning would lose the code. */
export type PackedError =
  | Pick<BelfryError, 'code' | 'sentence' | 'problems' | 'transient' | 'remedy'>
  | { readonly message: string; readonly stack?: string }

/** Packs an error: one with a code arrives as it is, any other with its message and stack. */
export function packError(error: unknown): PackedError {
  if (error instanceof BelfryError) {
    const { code, sentence, problems, transient, remedy } = error
    return { code, sentence, problems, transient, remedy }
  }
  if (!(error instanceof Error)) return { message: String(error) }
  return { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
}

/** Makes the error that was packed. */
export function unpackError(packed: PackedError): Error {
  if ('code' in packed) {
    const { code, sentence, problems, transient, remedy } = packed
    return new BelfryError(code, sentence, problems, { transient, remedy })
  }
  const error = new Error(packed.message)
  if (packed.stack !== undefined) error.stack = packed.stack
  return error
}
