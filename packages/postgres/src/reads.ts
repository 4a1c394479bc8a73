import type { Effect, Entry, EventRef, Slice, Why } from '@belfry/core'

/** Where an effect comes from, as far as a notification keeps it. */
export type Origin = Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>

/** Where a slice's entries are. */
export type Place = Pick<Slice, 'topic' | 'partition'>

/** Slices without their positions: what is to be applied, whoever has claimed it. */
export type News = readonly (Place & Pick<Slice, 'entries'>)[]

/** Whether any of it erases somebody. */
export const erases = (news: News): boolean =>
  news.some(({ entries }) =>
    entries.some(({ effects }) => effects.some(({ effects: own }) => own.some(({ kind }) => kind === 'erase'))),
  )

/** An effect with its plugin and origin. */
export interface Sourced<E extends Effect = Effect> {
  readonly plugin: string
  readonly effect: E
  readonly origin: Origin
}

/** A name for a plugin's key. */
export const keyName = (plugin: string, key: string): string => JSON.stringify([plugin, key])

/** What effects read before they apply. */
export interface Reads {
  readonly audiences: ReadonlySet<string>
  readonly everybody: boolean
  /** People who are named, and so may be erased. */
  readonly people: ReadonlySet<string>
  /** Those of them who are told something at once. */
  readonly told: ReadonlySet<string>
  /** Keys that are sent under or withdrawn, by `keyName`. */
  readonly keys: ReadonlyMap<string, { readonly plugin: string; readonly key: string; readonly withdrawn: boolean }>
  /** How many places in the order of people they take. */
  readonly places: number
}

/** Finds out what these effects will read; whoever is named among more than `fanOutOver` is told later, and is read then. */
export function readsOf(effects: readonly Sourced[], fanOutOver: number): Reads {
  const audiences = new Set<string>()
  const people = new Set<string>()
  const told = new Set<string>()
  const keys = new Map<string, { plugin: string; key: string; withdrawn: boolean }>()
  let places = 0
  const noteKey = (plugin: string, key: string, withdrawn: boolean) => {
    const name = keyName(plugin, key)
    keys.set(name, { plugin, key, withdrawn: withdrawn || keys.get(name)?.withdrawn === true })
  }
  for (const { plugin, effect } of effects) {
    if (effect.kind === 'withdraw') noteKey(plugin, effect.key, true)
    else if (effect.kind === 'join') for (const person of effect.people) people.add(person)
    else if (effect.kind === 'profile') {
      people.add(effect.person)
      places++
    }
    if (effect.kind !== 'notify') continue
    if (effect.key !== undefined) noteKey(plugin, effect.key, false)
    const soon = effect.to.people.length <= fanOutOver
    for (const person of effect.to.people) {
      people.add(person)
      if (soon) told.add(person)
    }
    for (const audience of [...effect.to.audiences, ...effect.except.audiences]) audiences.add(audience)
    if (effect.to.audiences.includes('everyone')) places++
  }
  const everybody = audiences.delete('everyone')
  return { audiences, everybody, people, told, keys, places }
}

/** Every effect of an entry with its plugin and origin, in the order in which they apply. */
export function effectsOf({ topic, partition }: Place, { event, offset, effects }: Entry): readonly Sourced[] {
  if (event === undefined) return []
  const origin: Origin = { event: withoutKey(event), topic, partition, offset }
  return effects.flatMap(({ plugin, effects: own }) => own.map((effect) => ({ plugin, effect, origin })))
}

function withoutKey({ source, id, type, time, traceparent }: EventRef): Origin['event'] {
  return { source, id, type, time, ...(traceparent !== undefined && { traceparent }) }
}
