import type { Sourced } from '../events/entries.ts'
import { keyName } from '../inbox/keys.ts'

/** What effects read before they apply. */
export interface Reads {
  readonly audiences: ReadonlySet<string>
  readonly everyone: boolean
  /** People who are named: they may be erased. */
  readonly people: ReadonlySet<string>
  /** Those of them who are told at once, and whose profiles are read. */
  readonly told: ReadonlySet<string>
  /** Keys that are sent under or withdrawn, by `keyName`. */
  readonly keys: ReadonlyMap<string, { readonly plugin: string; readonly key: string; readonly withdrawn: boolean }>
  /** How many places they take in the order in which people came. */
  readonly places: number
}

/** What these effects read before they apply. People who are named among more than `fanOutOver` are told in steps, and are read then. */
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
  for (const { plugin, effect } of effects)
    switch (effect.kind) {
      case 'notify': {
        if (effect.key !== undefined) noteKey(plugin, effect.key, false)
        const isAtOnce = effect.to.people.length <= fanOutOver
        for (const person of effect.to.people) {
          people.add(person)
          if (isAtOnce) told.add(person)
        }
        for (const audience of [...effect.to.audiences, ...effect.except.audiences]) audiences.add(audience)
        if (effect.to.audiences.includes('everyone')) places++
        break
      }
      case 'withdraw':
        noteKey(plugin, effect.key, true)
        break
      case 'join':
        for (const person of effect.people) people.add(person)
        break
      case 'profile':
        people.add(effect.person)
        places++
        break
      case 'leave':
      case 'endAudience':
      case 'erase':
        break
      default:
        effect satisfies never
    }
  const everyone = audiences.delete('everyone')
  return { audiences, everyone, people, told, keys, places }
}
