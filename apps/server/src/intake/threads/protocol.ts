import type { GivenBack, IntakeStatus, Progress } from '@belfry/core'
import type { Config } from '../../config/schema.ts'
import type { Commit } from '../../delivery/commit.ts'
import type { Carried } from './carry-error.ts'
import type { PulseNames } from './pulse.ts'

// What the thread that serves and the threads that apply say to one another.

/** What a thread is given to begin with. */
export interface ThreadData {
  /** From 1. */
  readonly number: number
  readonly config: Config
  /** Where the list of plugins is. */
  readonly plugins: string
  /** What it opens; nothing of it is applied before it is told to start. */
  readonly topics: readonly string[]
  /** How many megabytes of memory it may take. */
  readonly memoryMb: number
  readonly pulse: SharedArrayBuffer
  readonly names: PulseNames
}

/** What a thread is asked, and answers. */
export type Question =
  | { readonly of: 'start'; readonly topics: readonly string[] }
  | { readonly of: 'pause' | 'resume'; readonly topic: string }
  | { readonly of: 'look' }
  | { readonly of: 'progress' }
  | { readonly of: 'retry'; readonly id: number; readonly force: boolean }

/** Its answer. */
export type Answer =
  | { readonly of: 'done' }
  | { readonly of: 'progress'; readonly progress: readonly Progress[] }
  | { readonly of: 'retry'; readonly retried: GivenBack }

/** What is said to a thread. */
export type Order =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** These people have connections here now, or have none any more. */
  | { readonly kind: 'presence'; readonly people: readonly string[]; readonly here: boolean }
  /** For so many milliseconds from now, handlers run one at a time (`handlersMs`), and records are taken one at a time (`recordsMs`). */
  | { readonly kind: 'careful'; readonly handlersMs: number; readonly recordsMs: number }
  | { readonly kind: 'close' }

/** What a thread says. */
export type Said =
  | { readonly kind: 'ready' }
  /** It could not begin. */
  | { readonly kind: 'failed'; readonly error: Carried }
  | { readonly kind: 'applied'; readonly commit: Commit }
  | { readonly kind: 'status'; readonly status: IntakeStatus }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: Carried }
  | { readonly kind: 'log'; readonly line: string }
  /** Its heap is full. */
  | { readonly kind: 'full' }
  /** A topic was paused for what it holds. */
  | { readonly kind: 'held' }
  /** Somebody's inbox, or anybody's, may have changed without anybody hearing how. */
  | { readonly kind: 'doubt'; readonly person?: string }
  /** Everything is let go of. */
  | { readonly kind: 'closed' }
