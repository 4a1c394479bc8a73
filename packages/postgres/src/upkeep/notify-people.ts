import type { Change, Profile, Render } from '@belfry/core'
import type { Transaction } from 'kysely'
import { loadProfiles } from '../apply/profiles.ts'
import { type Arriving, insertArrivals } from '../inbox/arrivals.ts'
import { type Arrival, type NewRow, newRow } from '../inbox/columns.ts'
import { joinedChanges, withdrawExpired } from '../inbox/expired.ts'
import type { Tables } from '../schema/tables.ts'

/** A notification for people of one step. */
export interface SharedNotification extends Arrival {
  readonly people: readonly string[]
}

/**
 * These notifications arrive in the inboxes of their people, one after the other. Texts are rendered first, once for all readers with the same locale and
 * time zone. What has expired in their inboxes by then is withdrawn before.
 * @param profiles those that are known already; the others are read
 */
export async function notifyPeople(
  trx: Transaction<Tables>,
  notifications: readonly SharedNotification[],
  profiles: ReadonlyMap<string, Profile>,
  render: Render,
  at: Date,
): Promise<readonly Change[]> {
  const people = [...new Set(notifications.flatMap((notification) => notification.people))]
  if (people.length === 0) return []
  const read = await loadProfiles(
    trx,
    people.filter((person) => !profiles.has(person)),
  )
  const arrivals = notifications.flatMap((notification): readonly Arriving[] => {
    const contentFor = createContents(notification, render, at)
    return notification.people.map((person) => ({
      person,
      content: contentFor(profiles.get(person) ?? read.get(person)),
    }))
  })
  const expired = await withdrawExpired(trx, people, at)
  return joinedChanges(expired, await insertArrivals(trx, arrivals))
}

/** Returns a function that makes what a reader gets, and keeps it for the next reader with the same locale and time zone. */
function createContents(
  notification: SharedNotification,
  render: Render,
  at: Date,
): (reader: Profile | undefined) => NewRow {
  const { plugin, effect } = notification
  const contents = new Map<string, NewRow>()
  return (reader) => {
    const name = `${reader?.locale} ${reader?.timeZone}`
    let content = contents.get(name)
    if (content === undefined) {
      const { message, parameters } = effect
      content = newRow(notification, render({ plugin, message, parameters }, reader), at)
      contents.set(name, content)
    }
    return content
  }
}
