import { isTransient } from '@belfry/contracts/errors'
import { asStoreErrors } from './store-errors.ts'

/** Told whose inbox may have changed without anybody hearing how; without a person, anybody's. */
export type OnDoubt = (person?: string) => void

/** A write of one person's inbox, or of anybody's, and how many milliseconds somebody waits for it. */
export interface Doubtful {
  readonly person?: string
  readonly patience?: number | undefined
}

/**
 * Makes what runs writes that are not tried again by themselves: where a connection breaks at the commit, or somebody did not wait for
 * the end, what was written is known to nobody who could push it.
 */
export function createDoubts(onDoubt: OnDoubt) {
  return async <T>(call: () => Promise<T>, { person, patience }: Doubtful = {}): Promise<T> => {
    let awaited = true
    const watched = async () => {
      try {
        return await call()
      } finally {
        if (!awaited) onDoubt(person)
      }
    }
    try {
      return await asStoreErrors(watched, patience)
    } catch (error) {
      awaited = false
      if (isTransient(error)) onDoubt(person)
      throw error
    }
  }
}
