import type { Applied, AppliedRetry, BatchReport, Change } from '@belfry/core'
import { type Summary, summarise, summariseRetry } from '../metrics/summary.ts'
import { type PackedFrames, packFrames } from './packed-frames.ts'
import type { Show } from './show.ts'

/** What one transaction did, as far as the thread that serves needs it. Threads send it as a message, without any record. */
export interface Commit {
  /** Of which history of the store the heads are. */
  readonly epoch: string
  /** What is pushed; of a commit in another thread, that is in `frames`. */
  readonly changes: readonly Change[]
  /** The frames of people who are connected here. */
  readonly frames?: PackedFrames
  /** Every person whose inbox changed, and its head: two lists of one length. */
  readonly people: readonly string[]
  readonly heads: readonly number[]
  readonly erased: readonly string[]
  /** Partitions were lost to another instance, whose report might be lost. */
  readonly lost: boolean
  readonly fanOuts: number
  readonly summary: Summary
}

/** The commit of a batch, on a store of this epoch. */
export function commitOf(report: BatchReport, epoch: string): Commit {
  return { epoch, changes: report.applied.changes, summary: summarise(report), ...reportOf(report.applied) }
}

/** The same for another thread; `isHere` returns whether a person is connected to this instance. */
export function packedCommitOf(
  report: BatchReport,
  epoch: string,
  isHere: (person: string) => boolean,
  show: Show,
): Commit {
  const here = report.applied.changes.filter(({ person }) => isHere(person))
  return { ...commitOf(report, epoch), changes: [], frames: packFrames(epoch, here, show) }
}

/** The commit of a dead letter that was tried again, on a store of this epoch. */
export function commitOfRetry(done: AppliedRetry, epoch: string): Commit {
  return { epoch, changes: done.applied.changes, summary: summariseRetry(done), ...reportOf(done.applied) }
}

const reportOf = ({ changes, erased, fanOuts, lost }: Applied) => ({
  people: changes.map(({ person }) => person),
  heads: changes.map(({ head }) => head),
  erased,
  fanOuts,
  lost: lost.length > 0,
})

/** Each person of a commit with the head of their inbox. */
export function* headsOf({ people, heads }: Pick<Commit, 'people' | 'heads'>): Generator<readonly [string, number]> {
  for (const [index, person] of people.entries()) yield [person, heads[index] ?? 0]
}
