import { isDeepStrictEqual } from 'node:util'
import type { DataOf } from '@belfry/contracts'
import type { resourceUpdated } from '@belfry/contracts/resource'

type Updated = DataOf<typeof resourceUpdated>

const LISTED = new Set(['name', 'kind', 'location', 'status', 'managerIds'])

/** The changes in a resource.updated, with the parameters of their texts. An old value that equals the new one is not a change. */
export function changesOf(data: Updated) {
  const { previous, name, kind, location, status } = data
  const managers = managersOf(data)
  const relocated = wayOf(previous.location, location, 'moved')
  const statusChange = wayOf(previous.status, status, 'changed')
  const kindChange = wayOf(previous.kind, kind, 'changed')
  const renamed = previous.name !== undefined && previous.name !== name
  /** What people who have booked the resource can see of the change. */
  const visible = {
    name,
    wasName: previous.name ?? name,
    renamed: renamed ? 'yes' : 'no',
    location: location ?? '',
    wasLocation: previous.location ?? '',
    relocated,
    status: statusChange === 'same' ? 'same' : (status ?? 'unknown'),
  }
  const other = hasOtherChange(data)
  /** What its managers can see. */
  const managed = {
    ...visible,
    kind: kindChange,
    wasKind: previous.kind ?? '',
    newKind: kind ?? '',
    joined: managers.added.length,
    left: managers.dropped.length,
    other: other ? 'yes' : 'no',
  }
  const isVisible = renamed || relocated !== 'same' || statusChange !== 'same'
  const ofManagers = managers.added.length > 0 || managers.dropped.length > 0
  return {
    ...managers,
    visible,
    managed,
    isVisible,
    anything: isVisible || kindChange !== 'same' || ofManagers || other,
  }
}

function managersOf({ managerIds, previous }: Updated) {
  const are = new Set(managerIds)
  const were = previous.managerIds === undefined ? are : new Set(previous.managerIds)
  return {
    managers: [...are],
    added: [...are].filter((person) => !were.has(person)),
    dropped: [...were].filter((person) => !are.has(person)),
  }
}

/** Whether a field has changed that the contract does not have. */
function hasOtherChange(data: Updated): boolean {
  const now = new Map(Object.entries(data))
  return Object.entries(data.previous).some(
    ([field, old]) => !LISTED.has(field) && !isDeepStrictEqual(old ?? null, now.get(field) ?? null),
  )
}

/** How an optional field has changed: `same`, `set`, `removed`, or `changed`, which is the word for another value. */
function wayOf(before: string | null | undefined, now: string | undefined, changed: string): string {
  if (before === undefined || (before ?? undefined) === now) return 'same'
  if (before === null) return 'set'
  return now === undefined ? 'removed' : changed
}
