import type { MovablePositions } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { beginAt, movePositions, positionsOf } from './positions.ts'

/** The positions in the store. */
export function createPositions(
  { background: db }: Pick<Database, 'background'>,
  { background }: StoreCalls,
): MovablePositions {
  return {
    beginAt: (starting) => background(() => beginAt(db, starting)),
    of: (topics) => background(() => positionsOf(db, topics)),
    move: (moves) => background(() => movePositions(db, moves)),
  }
}
