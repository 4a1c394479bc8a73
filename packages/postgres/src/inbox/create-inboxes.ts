import type { Inboxes } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { markNotification, markReadThrough } from './marks.ts'
import { readHeads, readNotification, readPage, readReplay, readWhy } from './read.ts'

/** What people have in the store. `clock` returns milliseconds since 1970. */
export function createInboxes(
  { db, operators }: Pick<Database, 'db' | 'operators'>,
  { request, peopleRequest, peopleWrite }: StoreCalls,
  clock: () => number,
): Inboxes {
  return {
    page: (person, query) => peopleRequest(() => readPage(db, person, query, clock())),
    notification: (person, seq) => peopleRequest(() => readNotification(db, person, seq, clock())),
    why: (person, seq) => request(() => readWhy(operators, person, seq)),
    mark: (person, seq, marks) => peopleWrite(person, () => markNotification(db, person, seq, marks, clock())),
    readThrough: (person, through) => peopleWrite(person, () => markReadThrough(db, person, through, clock())),
    replay: (person, after) => request(() => readReplay(db, person, after)),
    heads: (people) => request(() => readHeads(db, people)),
  }
}
