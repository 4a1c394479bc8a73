import type { Effect } from '../plugin/effects.ts'
import type { Entry, Slice } from '../ports/batches.ts'

/** Cuts slices into parts, in order: each part has at most `most` people and keys (`weightOf`), or is one event. */
export function splitByNotifications<S extends Slice>(slices: readonly S[], most: number): readonly (readonly S[])[] {
  const parts: S[][] = []
  let part: S[] = []
  let count = 0
  for (const slice of slices) {
    let begun = 0
    slice.entries.forEach((entry, index) => {
      const more = weightOf(entry)
      if (count > 0 && count + more > most) {
        if (index > begun) part.push(cut(slice, begun, index))
        if (part.length > 0) parts.push(part)
        part = []
        count = 0
        begun = index
      }
      count += more
    })
    // Also a slice without entries moves its position.
    if (begun < slice.entries.length || slice.entries.length === 0) part.push(cut(slice, begun, slice.entries.length))
  }
  if (part.length > 0) parts.push(part)
  return parts
}

/** Cuts what was refused in two: by partition first, then by event; nothing where it is one event already. */
export function splitInHalves<S extends Slice>(
  slices: readonly S[],
): readonly [readonly S[], readonly S[]] | undefined {
  const [only] = slices
  if (slices.length > 1) {
    const half = Math.ceil(slices.length / 2)
    return [slices.slice(0, half), slices.slice(half)]
  }
  if (only === undefined || only.entries.length < 2) return undefined
  const half = Math.ceil(only.entries.length / 2)
  return [[cut(only, 0, half)], [cut(only, half, only.entries.length)]]
}

/** The entries from `start` to `end`, with the positions before and after them. */
function cut<S extends Slice>(slice: S, start: number, end: number): S {
  const first = slice.entries[start]
  const after = slice.entries[end]
  return {
    ...slice,
    from: start === 0 || first === undefined ? slice.from : first.offset,
    next: after === undefined ? slice.next : after.offset,
    entries: slice.entries.slice(start, end),
  }
}

/** An audience may reach many people, who are written down for a fan-out; an erasure takes several statements, one after the other. */
const AUDIENCE_WEIGHT = 10
const ERASURE_WEIGHT = 20

/** What an entry takes, in inboxes and keys: people and audiences that it names, keys that it sends under or withdraws, erasures. */
function weightOf({ effects }: Entry): number {
  let weight = 0
  for (const one of effects) for (const effect of one.effects) weight += weightOfEffect(effect)
  return weight
}

function weightOfEffect(effect: Effect): number {
  switch (effect.kind) {
    case 'notify': {
      const { people, audiences } = effect.to
      return people.length + AUDIENCE_WEIGHT * audiences.length + (effect.key === undefined ? 0 : 1)
    }
    case 'withdraw':
      return 1
    case 'erase':
      return ERASURE_WEIGHT
    case 'join':
    case 'leave':
    case 'endAudience':
    case 'profile':
      return 0
  }
}
