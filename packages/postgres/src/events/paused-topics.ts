import type { Kysely } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/** Topics that an operator has paused. */
export async function readPausedTopics(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db.selectFrom('paused_topic').select('topic').execute()
  return rows.map(({ topic }) => topic)
}

export async function setPaused(db: Kysely<Tables>, topic: string, paused: boolean): Promise<void> {
  if (paused)
    await db
      .insertInto('paused_topic')
      .values({ topic })
      .onConflict((clash) => clash.doNothing())
      .execute()
  else await db.deleteFrom('paused_topic').where('topic', '=', topic).execute()
}
