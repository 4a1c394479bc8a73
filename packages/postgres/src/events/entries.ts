import type { Effect, Entry, EventRef, Slice, Why } from '@belfry/core'

/** The event, and its place, that an effect comes from, as far as a notification keeps it. */
export type Origin = Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>

/** The partition of a slice. */
export type Place = Pick<Slice, 'topic' | 'partition'>

/** A slice without its positions: its entries are to be applied. */
export type PlacedEntries = Place & Pick<Slice, 'entries'>

/** Whether any of these entries erases a person. */
export const erases = (slices: readonly PlacedEntries[]): boolean =>
  slices.some(({ entries }) =>
    entries.some(({ effects }) => effects.some(({ effects: own }) => own.some(({ kind }) => kind === 'erase'))),
  )

/** An effect with its plugin and origin. */
export interface Sourced<E extends Effect = Effect> {
  readonly plugin: string
  readonly effect: E
  readonly origin: Origin
}

/** An entry with its place, and its effects with their plugins and origins, in the order in which they apply. */
export interface SourcedEntry {
  readonly place: Place
  readonly entry: Entry
  readonly effects: readonly Sourced[]
}

/** The entries of slices, in their order. */
export const sourcedEntriesOf = (slices: readonly PlacedEntries[]): readonly SourcedEntry[] =>
  slices.flatMap((slice) => slice.entries.map((entry) => ({ place: slice, entry, effects: effectsOf(slice, entry) })))

function effectsOf({ topic, partition }: Place, { event, offset, effects }: Entry): readonly Sourced[] {
  if (event === undefined) return []
  const origin: Origin = { event: withoutKey(event), topic, partition, offset }
  return effects.flatMap(({ plugin, effects: own }) => own.map((effect) => ({ plugin, effect, origin })))
}

function withoutKey({ source, id, type, time, traceparent }: EventRef): Origin['event'] {
  return { source, id, type, time, ...(traceparent !== undefined && { traceparent }) }
}
