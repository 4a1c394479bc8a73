import { notifies } from '../../plugin/notifies.ts'
import type { PluginEffects } from '../../ports/batches.ts'

const filtered = (all: readonly PluginEffects[], wanted: boolean): readonly PluginEffects[] =>
  all.map(({ plugin, effects }) => ({ plugin, effects: effects.filter((effect) => notifies(effect) === wanted) }))

/** The same effects, without those that notify people. */
export const withoutNotifying = (all: readonly PluginEffects[]): readonly PluginEffects[] => filtered(all, false)

/** Of these effects only those that notify people. */
export const onlyNotifying = (all: readonly PluginEffects[]): readonly PluginEffects[] => filtered(all, true)
