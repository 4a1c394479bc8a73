import type { Blocked, Log, Store } from '@belfry/core'
import type { Inside } from './thread-state.ts'

/** Finds out which handlers end threads, and sees that they are not given those events again. */
export interface Culprits {
  /**
   * A thread has ended inside of a handler, or nobody knows where; `isCertain` where it was ended because it was silent. Resolves when what
   * has to be kept in mind is kept.
   */
  ended(inside: Inside | undefined, why: string, isCertain: boolean): Promise<void>
  /** Whether handlers are to run one at a time, so that whoever ends a thread next is known. */
  careful(): boolean
}

export interface CulpritsOptions {
  readonly store: Pick<Store, 'block'>
  readonly log: Log
  /** Milliseconds, by a clock that only goes forward. */
  readonly clock: () => number
  readonly closing: AbortSignal
}

/** After a thread has ended, threads are careful for so many milliseconds. */
const CAREFUL = 300_000
/** Once may be chance. */
const PROVEN = 2

export function createCulprits({ store, log, clock, closing }: CulpritsOptions): Culprits {
  const deaths = new Map<string, number>()
  let carefulUntil = Number.NEGATIVE_INFINITY

  /** A store that is away is asked again: without it, the next thread would end as this one did. */
  const keep = async (blocked: Blocked) => {
    for (let tries = 0; !closing.aborted; tries++) {
      try {
        return await store.block(blocked)
      } catch (error) {
        if (tries === 0)
          log.error({ err: error, ...blocked }, 'what is not to be given to a plugin again could not be kept yet')
        await new Promise((resolve) => setTimeout(resolve, Math.min(50 * 2 ** tries, 2_000)).unref())
      }
    }
  }
  return {
    async ended(inside, why, isCertain) {
      carefulUntil = clock() + CAREFUL
      if (inside === undefined) return
      const { topic, partition, offset, plugin } = inside
      const name = `${partition} ${offset} ${plugin} ${topic}`
      const count = (deaths.get(name) ?? 0) + 1
      deaths.set(name, count)
      if (!isCertain && count < PROVEN) return
      deaths.delete(name)
      log.error(
        { ...inside },
        `a handler of ${plugin} ${isCertain ? why : 'has ended its thread twice'}: it is not given this event again`,
      )
      await keep({ topic, partition, offset, plugin, why: isCertain ? why : `has ended its thread twice: ${why}` })
    },
    careful: () => clock() < carefulUntil,
  }
}
