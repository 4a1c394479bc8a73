import type { Writing } from './memory-state.ts'

/** Deletes everything kept about a person, as of this moment (milliseconds since 1970); returns whether there was anything. */
export function erasePerson({ state, counts }: Pick<Writing, 'state' | 'counts'>, person: string, at: number): boolean {
  const { inboxes, people, letters, erased, fanOuts } = state
  const [was, { head }] = [erased.get(person), inboxes.find(person)]
  // The end is a number of its own.
  const end = head === 0 ? 0 : head + 1
  erased.set(person, { at: Math.max(at, was?.at ?? at), head: Math.max(end, was?.head ?? 0) })
  for (const { parts } of fanOuts) for (const part of parts) part.people = part.people.filter((one) => one !== person)
  counts.erased.add(person)
  return [inboxes.delete(person), people.forget(person), letters.forget(person) > 0].includes(true)
}
