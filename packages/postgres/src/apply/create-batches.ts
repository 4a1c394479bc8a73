import type { Batches } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { refuseTooMuch } from '../connect/store-errors.ts'
import { applyBatch } from './apply.ts'
import type { Writing } from './apply-effects.ts'

/** Applies batches to the store. */
export function createBatches(
  { background: db }: Pick<Database, 'background'>,
  { background }: StoreCalls,
  writing: Writing,
): Batches {
  return { apply: (batch) => background(() => applyBatch(db, batch, writing).catch(refuseTooMuch)) }
}
