import { setTimeout as pass } from 'node:timers/promises'
import { notificationRequested } from '@belfry/contracts/notification'
import { produce } from '../stage/produce.ts'
import type { Place } from '../stage/services.ts'

const POLL_MS = 10
const START_TIMEOUT_MS = 10_000

/** Creates people with profiles in several languages and time zones, as events of long ago would have; their ids are the prefix and a number. */
export async function createPeople(
  place: Place,
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Promise<void> {
  await place.query(`insert into profile (person, name, locale, time_zone)
    select '${prefix}' || i, 'Name ' || i, case i % 3 when 0 then 'de' when 1 then 'en' end,
      case i % 4 when 0 then 'Europe/Berlin' when 1 then 'UTC' when 2 then 'America/New_York' end
    from generate_series(0, ${count - 1}) i order by md5(i::text)`)
  await place.query('vacuum analyze profile')
}

/** Sends an announcement to everyone, and resolves once it has reached the last inbox. */
export async function announce(place: Place, id: string): Promise<void> {
  const { messages } = notificationRequested.toKafka({
    source: '/bench',
    id,
    data: {
      requestId: id,
      to: { everyone: true },
      title: `The building closes early on Friday (${id})`,
      body: 'The building closes at 4 pm on Friday. Rooms that are booked after that are released.',
      link: '/news/1',
    },
  })
  await produce(place, 'notification', messages)
  await until(place, { isPending: true, timeoutMs: START_TIMEOUT_MS })
  await until(place, { isPending: false })
}

/** Polls the table of what is still to reach people. */
async function until(
  place: Place,
  { isPending, timeoutMs = Number.POSITIVE_INFINITY }: { readonly isPending: boolean; readonly timeoutMs?: number },
): Promise<void> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const [row] = await place.query('select exists (select from fanout) as pending')
    if (row?.pending === isPending) return
    if (performance.now() > end) throw new Error('the announcement has not begun')
    await pass(POLL_MS)
  }
}
