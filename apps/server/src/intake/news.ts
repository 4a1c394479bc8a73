import type { BatchReport } from '@belfry/core'
import { summarise } from '../metrics/summary.ts'
import type { News } from './protocol.ts'

/** What the thread that serves has to know of a transaction on a store of this epoch; `isHere` tells who is connected to it. */
export function newsOf(report: BatchReport, epoch: string, isHere: (person: string) => boolean): News {
  const { changes, erased, fanOuts, lost } = report.applied
  return {
    epoch,
    changes: changes.filter(({ person }) => isHere(person)),
    people: changes.map(({ person }) => person),
    heads: changes.map(({ head }) => head),
    ...{ erased, fanOuts, lost: lost.length > 0 },
    summary: summarise(report),
  }
}

/** The pairs of two lists of one length. */
export function* pairsOf({ people, heads }: Pick<News, 'people' | 'heads'>): Generator<readonly [string, number]> {
  for (const [index, person] of people.entries()) yield [person, heads[index] ?? 0]
}
