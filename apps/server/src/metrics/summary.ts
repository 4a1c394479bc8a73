import { momentOf } from '@belfry/contracts'
import type { AppliedRetry, BatchReport, Change, Unsent } from '@belfry/core'
import { type Notice, noticesOf } from './notice.ts'

/** How often each pair of words was counted. */
export type Tally = readonly (readonly [string, string, number])[]

/** What is measured of one transaction: made where the intake runs, and small enough to be carried to another thread. */
export interface Summary {
  /** Events applied, by topic and type. */
  readonly events: Tally
  /** Repeats whose content is not that of the event that was applied, by topic and type. */
  readonly reusedIds: Tally
  readonly notices: readonly Notice[]
  /** Notifications that arrived, by plugin and message. */
  readonly arrivals: Tally
  /** Dead letters, by plugin and code. */
  readonly letters: Tally
  readonly repeats: number
  readonly dropped: number
  readonly unsent: readonly UnsentCount[]
  /** The batch that it applied: its records, repeats among them, and how many milliseconds it took. Absent for a dead letter. */
  readonly batch?: { readonly events: number; readonly tookMs: number }
  /** When the log took each event, in milliseconds since 1970, where it has clocks. */
  readonly loggedAt: Float64Array
}

/** Sums up what a transaction did. */
export function summarise({ appliedSlices, applied, reusedIds, took }: BatchReport): Summary {
  const [events, letters] = [createTally(), createTally()]
  const loggedAt: number[] = []
  let count = applied.repeats.length
  for (const { topic, entries } of appliedSlices)
    for (const { event, deadLetters, record } of entries) {
      count++
      if (event !== undefined) events.add(topic, event.type)
      // A log without clocks does not record when it took the event.
      if (momentOf(record.timestamp) > 0) loggedAt.push(record.timestamp)
      for (const { plugin = '', code } of deadLetters) letters.add(plugin, code)
    }
  return {
    events: events.all(),
    reusedIds: reusedOf(reusedIds),
    notices: noticesOf(appliedSlices),
    arrivals: arrivalsOf(applied.changes),
    letters: letters.all(),
    repeats: applied.repeats.length,
    dropped: applied.dropped,
    unsent: unsentOf(applied.unsent),
    batch: { events: count, tookMs: took },
    loggedAt: Float64Array.from(loggedAt),
  }
}

/** Sums up what a dead letter that was tried again has done. */
export function summariseRetry({ applied, left, event }: AppliedRetry): Summary {
  const letters = createTally()
  for (const { plugin = '', code } of left) letters.add(plugin, code)
  return {
    events: event === undefined ? [] : [[event.topic, event.type, 1]],
    reusedIds: [],
    notices: [],
    arrivals: arrivalsOf(applied.changes),
    letters: letters.all(),
    repeats: applied.repeats.length,
    dropped: applied.dropped,
    unsent: unsentOf(applied.unsent),
    loggedAt: new Float64Array(),
  }
}

function reusedOf(reused: BatchReport['reusedIds']): Tally {
  const tally = createTally()
  for (const { event, repeat } of reused) tally.add(repeat.topic, event.type)
  return tally.all()
}

/** How many of a plugin's notifications of one message were not sent for one reason; event and place are those of the first. */
export type UnsentCount = Unsent & { readonly count: number }

function unsentOf(unsent: readonly Unsent[]): readonly UnsentCount[] {
  const groups = Map.groupBy(unsent, ({ plugin, message, reason }) => `${plugin} ${message} ${reason}`)
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : { ...first, count: others.length + 1 },
  )
}

/** The notifications that have arrived with these changes, by plugin and message. */
export function arrivalsOf(changes: readonly Change[]): Tally {
  const arrivals = createTally()
  for (const { after, items } of changes)
    for (const { seq, type } of items) {
      if (seq <= after) continue
      const dot = type.indexOf('.')
      arrivals.add(type.slice(0, dot), type.slice(dot + 1))
    }
  return arrivals.all()
}

function createTally() {
  const counts = new Map<string, [string, string, number]>()
  return {
    add(first: string, second: string) {
      const name = `${first}\n${second}`
      const counted = counts.get(name)
      if (counted) counted[2]++
      else counts.set(name, [first, second, 1])
    },
    all: (): Tally => [...counts.values()],
  }
}
