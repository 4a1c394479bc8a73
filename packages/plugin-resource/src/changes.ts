import type { DataOf } from '@belfry/contracts'
import type { resourceUpdated } from '@belfry/contracts/resource'

type Updated = DataOf<typeof resourceUpdated>

/** The changes in a resource.updated. */
export function changesOf({ previous, ...now }: Updated) {
  const are = new Set(now.managerIds ?? [])
  const were = previous.managerIds === undefined ? are : new Set(previous.managerIds ?? [])
  return {
    managers: [...are],
    added: [...are].filter((person) => !were.has(person)),
    dropped: [...were].filter((person) => !are.has(person)),
    /** Whether something has changed that people who have booked the resource can see. */
    visible: previous.name !== undefined || previous.status !== undefined || previous.location !== undefined,
    anything: Object.keys(previous).length > 0,
  }
}

/** The parameters of texts for bookers. */
export function visibleChange({ previous, name, location, status }: Updated) {
  return {
    name,
    wasName: previous.name ?? name,
    renamed: previous.name === undefined ? 'no' : 'yes',
    location: location ?? '',
    wasLocation: previous.location ?? '',
    relocated: wayOf(previous.location, location, 'moved'),
    status: previous.status === undefined ? 'same' : (status ?? 'unknown'),
  }
}

/** The further parameters of texts for managers. */
export function managedChange({ previous, kind }: Updated) {
  return { kind: wayOf(previous.kind, kind, 'changed'), wasKind: previous.kind ?? '', newKind: kind ?? '' }
}

/** How an optional field has changed: `same`, `set`, `removed`, or `changed` for another value. */
function wayOf(before: string | null | undefined, now: string | undefined, changed: string): string {
  if (before === undefined) return 'same'
  if (before === null) return now === undefined ? 'same' : 'set'
  return now === undefined ? 'removed' : changed
}
