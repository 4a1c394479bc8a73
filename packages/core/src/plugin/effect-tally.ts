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

/** Counts the effects of one run of a handler while it makes them, so that no event needs more than the store does in a few steps. */
export class EffectTally {
  /** The error of a limit that was exceeded, kept even if the handler has caught it. */
  exceeded: BelfryError | undefined
  readonly #counts = { effects: 0, people: 0, audiences: 0, keys: 0, erasures: 0 }

  /**
   * Counts one more effect of a handler (`<plugin>.<handler>`).
   * @throws EFFECTS_TOO_MANY
   */
  add(effect: Effect, handler: string): void {
    this.#count('effects', 1, handler)
    switch (effect.kind) {
      case 'notify':
        this.#count('people', effect.to.people.length + effect.except.people.length, handler)
        this.#count('audiences', effect.to.audiences.length + effect.except.audiences.length, handler)
        if (effect.key !== undefined) this.#count('keys', 1, handler)
        break
      case 'withdraw':
        this.#count('keys', 1, handler)
        break
      case 'join':
        this.#count('people', effect.people.length, handler)
        break
      case 'erase':
        this.#count('erasures', 1, handler)
        break
      case 'leave':
      case 'endAudience':
      case 'profile':
        break
      default:
        effect satisfies never
    }
  }

  /** Starts from zero, for the next run. */
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
