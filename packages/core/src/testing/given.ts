import type { Audience, CloudEvent } from '@belfry/contracts'
import { createHost } from '../host/host.ts'
import { compileMessages } from '../plugin/compile-messages.ts'
import type { EffectMakers, Plugin } from '../plugin/define-plugin.ts'
import { createMakers } from '../plugin/effect-makers.ts'
import type { Effect, Priority, Profile } from '../plugin/effects.ts'
import type { Batch, Slice } from '../ports/batches.ts'
import { createMemoryStore } from './memory/memory-store.ts'

/** A notification that a person was told, in their own language. */
export interface Told {
  readonly title: string
  readonly body: string
  /** `<plugin>.<message>` */
  readonly type: string
  readonly priority: Priority
  readonly category?: string
  readonly link?: string
  readonly expiresAt?: string
}

/** What a plugin made of an event. */
export interface Outcome {
  readonly effects: readonly Effect[]
  /** By person; people who were told nothing are absent. */
  readonly told: Readonly<Record<string, readonly Told[]>>
  /** By person: the types of the notifications that this event withdrew. */
  readonly withdrawn: Readonly<Record<string, readonly string[]>>
}

/** A plugin with its people. Each event applies to the state after the events before it. */
export interface Given {
  /**
   * Passes an event to the plugin and returns what it did.
   * @throws what the plugin did wrong: a handler's error, an invalid effect, or EFFECT_NOT_RETURNED for an effect that was made and not returned.
   */
  when(event: CloudEvent): Promise<Outcome>
}

/**
 * Runs a plugin without any engine: `await given(plugin, { people: { bob: { locale: 'de' } } }).when(event)`.
 * Audiences that other plugins keep are filled with `audiences`.
 */
export function given<M, Config>(
  plugin: Plugin<M, Config>,
  {
    config,
    people = {},
    audiences = [],
    linkSchemes = [],
  }: {
    readonly config?: Partial<Config>
    readonly people?: Readonly<Record<string, Profile>>
    readonly audiences?: readonly (readonly [audience: Audience, people: readonly string[]])[]
    /** As `link_schemes` of the configuration names them. */
    readonly linkSchemes?: readonly string[]
  } = {},
): Given {
  const host = createHost({
    plugins: [plugin],
    settings: config === undefined ? {} : { [plugin.id]: config },
    strict: true,
    linkSchemes,
  })
  const store = createMemoryStore({ render: host.render })
  let offset = 0
  const apply = (effects: readonly Effect[], event?: CloudEvent) =>
    store.batches.apply(batchOf(plugin.id, effects, offset++, event))
  const prepared = (async () => {
    await store.positions.beginAt([{ topic: 'given', partition: 0, next: 0 }])
    const profiles = Object.entries(people).map(([person, profile]): Effect => ({ kind: 'profile', person, profile }))
    const joins = audiences.map(
      ([{ audience }, members]): Effect => ({ kind: 'join', audience, people: members, because: 'given' }),
    )
    await apply([...profiles, ...joins])
  })()

  return {
    async when(event) {
      await prepared
      const contract = host.contracts.get(event.type)
      if (!contract) throw new Error(`plugin ${plugin.id} does not listen to ${event.type}`)
      const [outcome] = await host.dispatch([
        { event: { ...event, time: event.time ?? new Date().toISOString() }, contract },
      ])
      const [failure] = outcome?.failures ?? []
      if (failure) throw failure.error
      const effects = outcome?.effects.flatMap((one) => one.effects) ?? []
      const { changes } = await apply(effects, event)
      const told: Record<string, Told[]> = {}
      const withdrawn: Record<string, string[]> = {}
      for (const { person, items } of changes) {
        const [gone, here] = [items.filter((item) => item.withdrawn), items.filter((item) => !item.withdrawn)]
        if (here.length > 0)
          told[person] = here.map(({ seq, rev, createdAt, read, archived, withdrawn: _, data, ...shown }) => shown)
        if (gone.length > 0) withdrawn[person] = gone.map(({ type }) => type)
      }
      return { effects, told, withdrawn }
    },
  }
}

/** The effects that a plugin can make, to state what is expected of it. */
export function effectsOf<M, Config>(plugin: Plugin<M, Config>): EffectMakers<M> {
  const { forms } = compileMessages(plugin, { problem() {}, warning() {} })
  // The forms came from the messages M, so the untyped makers have a member for each of them.
  return createMakers(forms, { made: () => {} }) as unknown as EffectMakers<M>
}

function batchOf(plugin: string, effects: readonly Effect[], offset: number, event?: CloudEvent): Batch {
  const { id = 'given', source = '/given', type = 'given', time } = event ?? {}
  const moment = time ?? new Date().toISOString()
  const ref = { id: `${id}`, source, type, time: moment, key: '' }
  const entry = { offset, event: ref, effects: [{ plugin, effects }], deadLetters: [] }
  const slice: Slice = { topic: 'given', partition: 0, from: offset, next: offset + 1, entries: [entry] }
  // Applied at the event's own time, so that the times in an event have the same meaning on every day on which its test runs.
  return { at: Date.parse(moment), slices: [slice] }
}
