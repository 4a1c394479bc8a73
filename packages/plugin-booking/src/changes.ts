import type { DataOf } from '@belfry/contracts'
import type { bookingUpdated } from '@belfry/contracts/booking'

/** The changes in a booking.updated, with the old values. */
export function changesOf(data: DataOf<typeof bookingUpdated>) {
  const { userId, startsAt, endsAt, previous } = data
  // A booker who is also listed as an attendee is notified as the booker only.
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

/** The old and the new name of the resource; if both are the same, each is followed by the id of its resource. */
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
