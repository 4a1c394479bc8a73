import type { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import type { Effect } from './effects.ts'

const counted = {
  effects: coreLimits.EVENT_EFFECTS.most,
  people: coreLimits.EVENT_PEOPLE.most,
  audiences: coreLimits.EVENT_AUDIENCES.most,
  keys: coreLimits.EVENT_KEYS.most,
  erasures: coreLimits.EVENT_ERASURES.most,
}

/** Counts what one run of a handler asks for while it makes its effects, so that no event asks for more than the store does in a few steps. */
export class EffectTally {
  /** That it has asked for too much, also where the handler has caught it. */
  exceeded: BelfryError | undefined
  readonly #counts = { effects: 0, people: 0, audiences: 0, keys: 0, erasures: 0 }

  /**
   * Counts one more effect of a handler (`<plugin>.<handler>`).
   * @throws EFFECTS_TOO_MANY
   */
  add(effect: Effect, handler: string): void {
    this.#count('effects', 1, handler)
    if (effect.kind === 'notify') {
      const { to, except } = effect
      this.#count('people', to.people.length + except.people.length, handler)
      this.#count('audiences', to.audiences.length + except.audiences.length, handler)
    } else if (effect.kind === 'join') this.#count('people', effect.people.length, handler)
    else if (effect.kind === 'erase') this.#count('erasures', 1, handler)
    if ('key' in effect && effect.key !== undefined) this.#count('keys', 1, handler)
  }

  /** Begins from nothing, for the next run. */
  clear(): void {
    for (const what of ['effects', 'people', 'audiences', 'keys', 'erasures'] as const) this.#counts[what] = 0
  }

  #count(what: keyof typeof counted, more: number, handler: string): void {
    this.#counts[what] += more
    if (this.#counts[what] <= counted[what]) return
    this.exceeded = coreErrors.EFFECTS_TOO_MANY({ handler, most: counted[what], what })
    throw this.exceeded
  }
}
