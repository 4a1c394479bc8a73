import type { Render, Store } from '@belfry/core'
import { sql } from 'kysely'
import { applyBatch } from './apply.ts'
import type { Database } from './database.ts'
import { expireNotifications } from './expire.ts'
import { readNotification, readPage, readReplay, readWhy } from './inbox.ts'
import { markNotification, markReadThrough } from './marks.ts'
import { beginAt } from './positions.ts'
import { asStoreErrors } from './store-errors.ts'

/** Makes the store on an open database; closing it closes the database. `clock` answers milliseconds since 1970. */
export async function createStore(
  { db, close }: Database,
  { render, clock = Date.now }: { readonly render: Render; readonly clock?: () => number },
): Promise<Store> {
  const { epoch } = await asStoreErrors(() => db.selectFrom('store').select('epoch').executeTakeFirstOrThrow())
  return {
    epoch,
    beginAt: (starting) => asStoreErrors(() => beginAt(db, starting)),
    apply: (batch) => asStoreErrors(() => applyBatch(db, batch, render)),
    page: (person, query) => asStoreErrors(() => readPage(db, person, query, clock())),
    notification: (person, seq) => asStoreErrors(() => readNotification(db, person, seq, clock())),
    why: (person, seq) => asStoreErrors(() => readWhy(db, person, seq)),
    mark: (person, seq, marks) => asStoreErrors(() => markNotification(db, person, seq, marks, clock())),
    readThrough: (person, through) => asStoreErrors(() => markReadThrough(db, person, through, clock())),
    replay: (person, after) => asStoreErrors(() => readReplay(db, person, after)),
    expire: (at, limit) => asStoreErrors(() => expireNotifications(db, at, limit)),
    ready: () => asStoreErrors(async () => void (await sql`select 1`.execute(db))),
    close,
  }
}
