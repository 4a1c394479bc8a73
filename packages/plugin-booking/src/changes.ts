import type { DataOf } from '@belfry/contracts'
import type { bookingUpdated } from '@belfry/contracts/booking'

/** What a booking.updated says has changed, and from what. */
export function changesOf(data: DataOf<typeof bookingUpdated>) {
  const { userId, startsAt, endsAt, previous } = data
  // The booker is told as the booker, also where they are listed among the attendees.
  const others = (people: readonly string[]) => [...new Set(people)].filter((person) => person !== userId)
  const attendees = others(data.attendeeIds ?? [])
  const before = previous.attendeeIds === undefined ? attendees : others(previous.attendeeIds ?? [])
  const [were, are] = [new Set(before), new Set(attendees)]
  const moved = previous.startsAt !== undefined || previous.endsAt !== undefined
  const replaced = previous.resourceId !== undefined || previous.resourceName !== undefined
  return {
    attendees,
    stayed: attendees.filter((person) => were.has(person)),
    added: attendees.filter((person) => !were.has(person)),
    dropped: before.filter((person) => !are.has(person)),
    moved,
    replaced,
    anything: moved || replaced || previous.attendeeIds !== undefined,
    was: { startsAt: previous.startsAt ?? startsAt, endsAt: previous.endsAt ?? endsAt, ...resourcesOf(data) },
  }
}

/** The resource's name before and now; two resources of one name are told apart by their ids. */
function resourcesOf({ resourceId, resourceName, previous }: DataOf<typeof bookingUpdated>): {
  resource: string
  newName: string
} {
  const oldId = previous.resourceId ?? resourceId
  const oldName = previous.resourceName === undefined ? resourceName : (previous.resourceName ?? undefined)
  const [resource, newName] = [oldName ?? oldId, resourceName ?? resourceId]
  return resource === newName
    ? { resource: `${resource} (${oldId})`, newName: `${newName} (${resourceId})` }
    : { resource, newName }
}
