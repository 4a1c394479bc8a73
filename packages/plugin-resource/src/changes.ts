import type { DataOf } from '@belfry/contracts'
import type { resourceUpdated } from '@belfry/contracts/resource'

type Updated = DataOf<typeof resourceUpdated>

/** What a resource.updated says has changed, and from what. */
export function changesOf({ previous, ...now }: Updated) {
  const are = new Set(now.managerIds ?? [])
  const were = previous.managerIds === undefined ? are : new Set(previous.managerIds ?? [])
  return {
    managers: [...are],
    added: [...are].filter((person) => !were.has(person)),
    dropped: [...were].filter((person) => !are.has(person)),
    /** What people who have booked it can see has changed. */
    visible: previous.name !== undefined || previous.status !== undefined || previous.location !== undefined,
    anything: Object.keys(previous).length > 0,
  }
}

/** What texts for bookers are filled with. */
export function visibleChange({ previous, name, location, status }: Updated) {
  return {
    ...{ name, wasName: previous.name ?? name, renamed: previous.name === undefined ? 'no' : 'yes' },
    ...{
      location: location ?? '',
      wasLocation: previous.location ?? '',
      relocated: wayOf(previous.location, location, 'moved'),
    },
    status: previous.status === undefined ? 'same' : (status ?? 'unknown'),
  }
}

/** What texts for managers are filled with beside that. */
export function innerChange({ previous, kind }: Updated) {
  return { kind: wayOf(previous.kind, kind, 'changed'), wasKind: previous.kind ?? '', newKind: kind ?? '' }
}

/** How a field has changed that may be absent. */
function wayOf(before: string | null | undefined, now: string | undefined, changed: string): string {
  if (before === undefined) return 'same'
  if (before === null) return now === undefined ? 'same' : 'set'
  return now === undefined ? 'removed' : changed
}
