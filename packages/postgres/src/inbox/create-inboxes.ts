import type { Inboxes } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { withdrawExpiredOf } from './expired.ts'
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
    async replay(person, after) {
      const read = (from: number | undefined) => request(() => readReplay(db, person, from, clock()))
      const { replay, isDue } = await read(after)
      if (!isDue) return replay
      const withdraw = () => peopleWrite(person, () => withdrawExpiredOf(db, person, clock()))
      // A store that takes no writes is still read: what has expired is shown as withdrawn.
      const change = await withdraw().catch(() => undefined)
      if (change === undefined) return replay
      // A client that had to load everything does so from there too.
      const { replay: next } = await read(replay.kind === 'reset' ? undefined : after)
      const { head, unread } = next
      return replay.kind === 'reset' ? { kind: 'reset', head, unread, change } : { ...next, change }
    },
    heads: (people) => request(() => readHeads(db, people)),
  }
}
