import { BelfryError, type Problem } from '@belfry/contracts/errors'
import type { GivenBack, IntakeStatus, Position, Progress } from '@belfry/core'
import type { Config } from '../config/schema.ts'
import type { Summary } from './summary.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly config: Config
  /** The module whose default export is the list of plugins. */
  readonly plugins: string
  readonly topics: readonly string[]
  /** The ids of the plugins, in the order of their host. */
  readonly pluginIds: readonly string[]
  readonly state: SharedArrayBuffer
  /** People who are connected to this process. */
  readonly connected: readonly string[]
}

/** What a thread is asked, and what it answers to it. */
export interface Asks {
  start: { readonly with: readonly string[]; readonly answer: null }
  pause: { readonly with: string; readonly answer: null }
  resume: { readonly with: string; readonly answer: null }
  look: { readonly with: null; readonly answer: null }
  move: { readonly with: Position; readonly answer: Position }
  progress: { readonly with: null; readonly answer: readonly Progress[] }
  retry: { readonly with: { readonly id: number; readonly force: boolean }; readonly answer: GivenBack }
  close: { readonly with: null; readonly answer: null }
}
export type Ask = keyof Asks

export type ToThread =
  | { readonly kind: 'ask'; readonly id: number; readonly what: AnyAsk }
  | { readonly kind: 'connected'; readonly person: string; readonly here: boolean }

/** A question with what it is about. */
export type AnyAsk = { [A in Ask]: { readonly ask: A; readonly with: Asks[A]['with'] } }[Ask]

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: Carried }
  | { readonly kind: 'applied'; readonly summary: Summary }
  | { readonly kind: 'status'; readonly status: IntakeStatus }
  /** The store's history was renewed. */
  | { readonly kind: 'renewed' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly error: Carried }
  | { readonly kind: 'line'; readonly line: string }

/** An error on its way between threads. */
export interface Carried {
  readonly code?: string
  readonly sentence: string
  readonly problems: readonly Problem[]
}

/** Takes an error along. */
export function carry(error: unknown): Carried {
  if (error instanceof BelfryError) return { code: error.code, sentence: error.sentence, problems: error.problems }
  return { sentence: error instanceof Error ? (error.stack ?? error.message) : String(error), problems: [] }
}

/** The error that was taken along. */
export const arrive = ({ code, sentence, problems }: Carried): Error =>
  code === undefined ? new Error(sentence) : new BelfryError(code, sentence, problems)
