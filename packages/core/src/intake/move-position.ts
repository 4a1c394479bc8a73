import { coreErrors } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { MovablePositions, Position } from '../ports/positions.ts'
import type { Source } from '../ports/source.ts'

export interface MoveOptions {
  readonly source: Pick<Source, 'locate'>
  readonly positions: MovablePositions
  readonly logger: Logger
}

/**
 * Makes the function that moves a position where an operator wants it. It returns the position before and the one that is kept. The
 * instance that reads the partition has to refresh its positions afterwards.
 */
export function createMove({ source, positions, logger }: MoveOptions) {
  /** @throws POSITION_OUTSIDE, POSITION_MOVED, LOG_UNAVAILABLE, STORE_UNAVAILABLE, and the errors of the source's `locate` */
  return async ({ topic, partition, next }: Position): Promise<{ readonly from: Position; readonly to: Position }> => {
    const to = await source.locate({ topic, partition, next })
    const kept = await positions.of([topic])
    const from = kept.find((one) => one.partition === partition)
    if (from === undefined) throw coreErrors.POSITION_OUTSIDE({ topic, partition, next, low: 0, high: 0 })
    if ((await positions.move([{ from, to }])) === 0) throw coreErrors.POSITION_MOVED({ topic, partition })
    logger.warn({ topic, partition, from: from.next, to: next }, 'the position was moved by an operator')
    return { from, to }
  }
}
