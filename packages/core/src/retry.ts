import type { KeptLetter, Retried } from './dead-letters.ts'
import { createDecide } from './decide.ts'
import { coreErrors } from './errors.ts'
import type { Host } from './host.ts'
import type { Log } from './log.ts'
import type { Store } from './store.ts'

export interface RetryOptions {
  readonly store: Pick<Store, 'deadLetters'>
  readonly host: Host
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/**
 * Makes the function that tries a dead letter again: its record is decoded and decided as it would be today, by its plugin alone if
 * it is one's, and applied. However old the event is, it notifies: an operator has asked for it.
 */
export function createRetry({ store, host, log, clock = Date.now }: RetryOptions) {
  const decide = createDecide({ host, log, clock, notifyMaxAge: Number.POSITIVE_INFINITY })

  /** @throws RETRY_IMPOSSIBLE where nothing can be made of its record */
  return async (id: number, force: boolean): Promise<Retried> => {
    const letter = await store.deadLetters.find(id)
    if (letter === undefined) return { kind: 'missing' }
    const { topic, partition, offset } = letter
    const [slice] = await decide(
      [{ topic, partition, from: offset, next: offset + 1, records: [letter] }],
      letter.plugin,
    )
    const entry = slice?.entries[0]
    if (entry === undefined || (entry.event === undefined && entry.deadLetters.length === 0))
      throw coreErrors.RETRY_IMPOSSIBLE({ id, why: whyNot(letter) })
    return store.deadLetters.retry(id, { at: clock(), entry, force })
  }
}

const whyNot = ({ value, type }: KeptLetter): string =>
  value === null ? 'its record has no bytes' : `no plugin listens to ${type ?? 'its type'}`
