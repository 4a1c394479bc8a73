import type { DeadLetters } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { findDeadLetter, listDeadLetters, removeDeadLetter } from '../letters/dead-letters.ts'
import type { Writing } from './apply-effects.ts'
import { retryDeadLetter } from './retry-dead-letter.ts'

/** The dead letters in the store. */
export function createDeadLetters(
  { operators, background }: Pick<Database, 'operators' | 'background'>,
  { request, backgroundWrite }: StoreCalls,
  writing: Writing,
): DeadLetters {
  return {
    list: (query) => request(() => listDeadLetters(operators, query, writing.salt)),
    find: (id, bytes) => request(() => findDeadLetter(operators, id, bytes)),
    remove: (id) => request(() => removeDeadLetter(operators, id)),
    retry: (id, retry) => backgroundWrite(() => retryDeadLetter(background, id, retry, writing)),
  }
}
