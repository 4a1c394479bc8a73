import type { DataOf } from '@belfry/contracts'
import type { bookingUpdated } from '@belfry/contracts/booking'

type Updated = DataOf<typeof bookingUpdated>

/** The people and the values that a booking.updated changes. An old value that equals the new one is not a change. */
export function changesOf(data: Updated) {
  const { userId, startsAt, endsAt, previous } = data
  const people = peopleOf(data)
  const { name, oldName, change: resourceChange } = resourcesOf(data)
  const [oldStart, oldEnd] = [previous.startsAt ?? startsAt, previous.endsAt ?? endsAt]
  const moved = !isSameMoment(oldStart, startsAt) || !isSameMoment(oldEnd, endsAt)
  const { invited, uninvited } = people
  return {
    ...people,
    /** The people who are told what has changed: a new booker is confirmed instead. */
    told: people.formerBooker === undefined ? [userId, ...people.stayed] : people.stayed,
    now: { resource: name, when: { start: startsAt, end: endsAt } },
    // The contract does not require of old values that the end is after the start.
    was: {
      resource: oldName,
      when: { start: oldStart, end: Date.parse(oldEnd) < Date.parse(oldStart) ? oldStart : oldEnd },
    },
    resourceChange,
    moved,
    anything: moved || resourceChange !== 'same' || invited.length > 0 || uninvited.length > 0,
  }
}

function peopleOf({ userId, attendeeIds, previous }: Updated) {
  const wasBooker = previous.userId ?? userId
  const are = others(attendeeIds, userId)
  const were = others(previous.attendeeIds === undefined ? attendeeIds : previous.attendeeIds, wasBooker)
  const stays = are.has(wasBooker)
  const uninvited = [...were].filter((person) => !are.has(person) && person !== userId)
  return {
    attendees: [...are],
    stayed: [...are].filter((person) => were.has(person)),
    invited: [...are].filter((person) => !were.has(person) && person !== wasBooker),
    uninvited,
    /** Who had the booking before it was given to another person, and whether they are an attendee now. */
    formerBooker: wasBooker === userId ? undefined : { person: wasBooker, stays },
    isSmaller: uninvited.length > 0 || (wasBooker !== userId && !stays),
  }
}

/** A booker who is also listed as an attendee counts as the booker only. */
const others = (people: readonly string[] | null | undefined, booker: string): ReadonlySet<string> =>
  new Set(people?.filter((person) => person !== booker))

/** A time with another offset can be the same moment. */
const isSameMoment = (one: string, other: string) => Date.parse(one) === Date.parse(other)

/** How the name of one resource has changed. */
function renaming(before: string | undefined, now: string | undefined): string {
  if (before === now) return 'same'
  if (before === undefined) return 'named'
  return now === undefined ? 'unnamed' : 'renamed'
}

/** The old and the new name of the resource; if two resources have the same name, each is followed by its id. */
function resourcesOf({ resourceId, resourceName, previous }: Updated) {
  const oldId = previous.resourceId ?? resourceId
  const name = resourceName ?? resourceId
  const formerly = (previous.resourceName === undefined ? resourceName : previous.resourceName) ?? undefined
  const oldName = formerly ?? oldId
  if (oldId === resourceId) return { name, oldName, change: renaming(formerly, resourceName) }
  if (name !== oldName) return { name, oldName, change: 'replaced' }
  return { name: `${name} (${resourceId})`, oldName: `${oldName} (${oldId})`, change: 'replaced' }
}
