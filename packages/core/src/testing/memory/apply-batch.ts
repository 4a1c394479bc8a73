import type { Applied, Batch, Entry, Repeat, Slice } from '../../ports/batches.ts'
import type { DeadLetters, KeptLetter, Retried, Retry } from '../../ports/dead-letters.ts'
import { applyEffect } from './apply-effect.ts'
import { iso, type MemoryState, nameOf, noCounts, type Writing } from './memory-state.ts'

/** What a write has before its moment and counts are known. */
export type WriteRules = Pick<Writing, 'state' | 'render' | 'fanOutOver'>

/** Applies each slice whose partition stands where the slice begins. */
export function applyBatch(rules: WriteRules, { at, slices }: Batch): Applied {
  const { positions } = rules.state
  return applying({ ...rules, at, counts: noCounts() }, (writing) => {
    for (const slice of slices) {
      const { topic, partition, from, next } = slice
      const position = positions.get(nameOf(topic, partition))
      if (position?.next !== from) writing.counts.lost.push({ topic, partition, next: position?.next ?? 0 })
      else {
        positions.set(nameOf(topic, partition), { ...position, next })
        for (const entry of slice.entries) applyEntry(writing, entry, slice)
      }
    }
  })
}

export function deadLettersRole(rules: WriteRules): DeadLetters {
  const { letters } = rules.state
  return {
    list: async (query) => letters.list(query),
    find: async (id, bytes) => findLetter(rules.state, id, bytes),
    remove: async (id) => letters.remove(id),
    retry: async (id, retry) => retryLetter(rules, id, retry),
  }
}

const hasEffects = ({ effects }: Entry): boolean => effects.some((one) => one.effects.length > 0)

function findLetter({ letters, identities }: MemoryState, id: number, bytes?: number): KeptLetter | undefined {
  const letter = letters.find(id, bytes)
  const { source, id: eventId } = letter?.event ?? letter?.identity ?? {}
  const applied = identities.get(nameOf(source, eventId))
  if (letter === undefined || applied === undefined) return letter
  const isRepeated = letter.event === undefined || applied.at > Date.parse(letter.at)
  return isRepeated ? { ...letter, repeated: true } : letter
}

function retryLetter(rules: WriteRules, id: number, { at, entry, force }: Retry): Retried {
  const { letters } = rules.state
  const letter = letters.find(id)
  if (letter === undefined) return { kind: 'missing' }
  const { event } = entry
  const isRepeat = event && letter.event === undefined && rules.state.identities.has(nameOf(event.source, event.id))
  if (letter.followedBy > 0 && !force && !isRepeat) return { kind: 'followed', followedBy: letter.followedBy }
  const again = entry.deadLetters.find(({ plugin }) => plugin === letter.plugin)
  if (again) letters.update(id, again)
  else letters.remove(id)
  if (again && !hasEffects(entry)) return { kind: 'failed', letter: again }
  const { offset } = letter
  const retried = { ...entry, offset, deadLetters: entry.deadLetters.filter((one) => one !== again) }
  const apply = () =>
    applying({ ...rules, at, counts: noCounts() }, (writing) => applyEntry(writing, retried, letter, letter))
  // As one that is written after its event has erased a person.
  const applied = again ? letters.keeping(id, apply) : apply()
  return again ? { kind: 'failed', letter: again, applied } : { kind: 'applied', applied }
}

/** Runs a write, and returns what it changed and counted. */
function applying(writing: Writing, run: (writing: Writing) => void): Applied {
  const { state, counts } = writing
  const changes = state.inboxes.changesOf(() => run(writing))
  return { ...counts, changes, erased: [...counts.erased] }
}

/** Both contents where they differ; nothing where one is not known. */
const otherThan = (applied: string | undefined, sent: string | undefined): Pick<Repeat, 'other'> =>
  applied === undefined || sent === undefined || applied === sent ? {} : { other: { applied, sent } }

/** Applies the effects of an event that was not applied before, and keeps its dead letters; `letter` is the one that is retried. */
function applyEntry(
  writing: Writing,
  { event, offset, effects, deadLetters }: Entry,
  { topic, partition }: Pick<Slice, 'topic' | 'partition'>,
  letter?: KeptLetter,
): void {
  const { state, at, counts } = writing
  if (event !== undefined) {
    const { key, content, ...ref } = event
    const identity = nameOf(event.source, event.id)
    if (letter?.event === undefined) {
      const known = state.identities.get(identity)
      if (known !== undefined) {
        counts.repeats.push({ topic, partition, offset, ...otherThan(known.content, content) })
        return
      }
      state.identities.set(identity, { at, content })
    }
    for (const { plugin, effects: own } of effects)
      for (const effect of own) applyEffect(writing, effect, plugin, { event: ref, topic, partition, offset })
    if (letter === undefined) state.letters.follow(topic, key)
  }
  const place = { topic, partition, offset, at: iso(at), followedBy: 0 }
  const named = event && { event: { source: event.source, id: event.id } }
  for (const one of deadLetters) state.letters.add({ ...one, ...place, ...named }, event?.key)
}
