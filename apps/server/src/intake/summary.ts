import { momentOf } from '@belfry/contracts'
import type { BatchReport, Change } from '@belfry/core'

/** What a transaction did, as far as those who serve sockets and count need to know it. */
export interface Summary {
  /** Everybody whose inbox changed, and what number it came to; the two lists belong together. */
  readonly people: readonly string[]
  readonly heads: readonly number[]
  /** What changed, of those who are connected. */
  readonly changes: readonly Change[]
  readonly erased: readonly string[]
  /** Somebody else has applied some of it: or we have, and the answer to our commit never came. */
  readonly lost: boolean
  /** Large audiences that have to be reached now. */
  readonly fanOuts: number
  readonly counts: Counts
}

/** What is counted of a transaction. */
export interface Counts {
  /** Events, repeats included. */
  readonly batch: number
  /** Milliseconds that the transaction took. */
  readonly took: number
  readonly repeats: number
  readonly dropped: number
  readonly events: readonly Count<'topic' | 'type'>[]
  readonly tooOld: readonly Count<'topic'>[]
  readonly letters: readonly Count<'plugin' | 'code'>[]
  readonly arrivals: readonly Count<'plugin' | 'message'>[]
  /** When the log took each of the events, in milliseconds since 1970. */
  readonly logged: readonly number[]
}

/** How often something with these names has happened. */
export type Count<Name extends string> = { readonly [N in Name]: string } & { readonly count: number }

/** Sums a transaction up; changes are kept of whom `isConnected` says. */
export function summarize(
  { news, applied, took }: BatchReport,
  isConnected: (person: string) => boolean = () => true,
): Summary {
  const { changes, erased, lost, fanOuts, repeats, dropped } = applied
  const [events, tooOld, letters] = [tally<'topic' | 'type'>(), tally<'topic'>(), tally<'plugin' | 'code'>()]
  const logged: number[] = []
  let batch = repeats.length
  for (const { topic, entries } of news)
    for (const { event, deadLetters, record, tooOld: isTooOld } of entries) {
      batch++
      if (isTooOld) tooOld.add({ topic })
      if (event !== undefined) events.add({ topic, type: event.type })
      // A log without clocks says nothing of when it took the event.
      if (momentOf(record.timestamp) > 0) logged.push(record.timestamp)
      for (const { plugin = '', code } of deadLetters) letters.add({ plugin, code })
    }
  return {
    people: changes.map(({ person }) => person),
    heads: changes.map(({ head }) => head),
    changes: changes.filter(({ person }) => isConnected(person)),
    ...{ erased, fanOuts, lost: lost.length > 0 },
    counts: {
      ...{ batch, took, dropped, logged, repeats: repeats.length },
      ...{ events: events.all(), tooOld: tooOld.all(), letters: letters.all(), arrivals: arrivalsOf(changes) },
    },
  }
}

/** What has arrived, by plugin and message. */
export function arrivalsOf(changes: readonly Change[]): Counts['arrivals'] {
  const arrivals = tally<'plugin' | 'message'>()
  for (const { after, items } of changes)
    for (const { seq, type } of items) {
      if (seq <= after) continue
      const dot = type.indexOf('.')
      arrivals.add({ plugin: type.slice(0, dot), message: type.slice(dot + 1) })
    }
  return arrivals.all()
}

/** Counts things that are known by several names. */
function tally<Name extends string>() {
  const counts = new Map<string, { names: { readonly [N in Name]: string }; count: number }>()
  return {
    add(names: { readonly [N in Name]: string }): void {
      const key = Object.values(names).join(' ')
      const found = counts.get(key)
      if (found) found.count++
      else counts.set(key, { names, count: 1 })
    },
    all: (): readonly Count<Name>[] => [...counts.values()].map(({ names, count }) => ({ ...names, count })),
  }
}
