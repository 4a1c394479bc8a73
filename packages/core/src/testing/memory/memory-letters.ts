import { clipMessage, cutLetter, shownKey, sizeOf } from '../../ports/cut-letter.ts'
import type { DeadLetter } from '../../ports/dead-letter.ts'
import type { DeadLetterQuery, KeptLetter, ListedLetter } from '../../ports/dead-letters.ts'
import { namesIn } from '../../ports/names-in.ts'

/** What every store can keep of a text. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

interface Named extends KeptLetter {
  readonly names: ReadonlySet<string>
  /** The key by which later events follow it. */
  readonly followed: Uint8Array | null
}

/** Whether a letter meets all conditions of a query. */
function isWanted(letter: Named, query: DeadLetterQuery): boolean {
  const { before = Number.POSITIVE_INFINITY, plugin, code, topic, from, to, source, eventId, key, person } = query
  const { at, event = letter.identity } = letter
  const meets = <Value>(wanted: Value | undefined, found: Value | undefined) => wanted === undefined || wanted === found
  return (
    letter.id < before &&
    meets(plugin, letter.plugin) &&
    meets(code, letter.code) &&
    meets(topic, letter.topic) &&
    Date.parse(at) >= (from ?? Number.NEGATIVE_INFINITY) &&
    Date.parse(at) < (to ?? Number.POSITIVE_INFINITY) &&
    meets(source, event?.source) &&
    meets(eventId, event?.id) &&
    (key === undefined || (letter.key !== null && Buffer.from(key).equals(letter.key))) &&
    (person === undefined || letter.names.has(person))
  )
}

const remedyOf = (remedy: string | undefined) => remedy !== undefined && { remedy: storable(clipMessage(remedy)) }

/** The dead letters of a store in memory. */
export class MemoryLetters {
  #letters: Named[] = []
  #last = 0

  /** `key` is that of its event. */
  add(letter: DeadLetter & Omit<KeptLetter, keyof DeadLetter | 'id'>, key: string | undefined): void {
    const names = new Set(namesIn(letter, letter.event !== undefined))
    const message = storable(clipMessage(letter.message))
    const kept = { ...letter, ...cutLetter(letter), message, ...remedyOf(letter.remedy), id: ++this.#last }
    this.#letters.push({ ...kept, names, followed: key === undefined ? letter.key : Buffer.from(key) })
  }

  list(query: DeadLetterQuery): readonly ListedLetter[] {
    return this.#letters
      .filter((one) => isWanted(one, query))
      .reverse()
      .slice(0, query.limit)
      .map(({ names: _, followed: __, key: bytes, value: ___, headers: ____, timestamp: _____, ...listed }) => {
        const key = shownKey(bytes)
        return { ...listed, ...(key !== undefined && { key }) }
      })
  }

  find(id: number, bytes = Number.POSITIVE_INFINITY): KeptLetter | undefined {
    const found = this.#letters.find((letter) => letter.id === id)
    if (found === undefined) return undefined
    const { names: _, followed: __, ...letter } = found
    if (letter.value === null || letter.value.length <= bytes) return letter
    return { ...letter, value: letter.value.slice(0, bytes), size: letter.size ?? sizeOf(letter) }
  }

  remove = (id: number): boolean => this.removeAll((letter) => letter.id === id) > 0

  /** Runs `apply`, which does not forget this dead letter, although it may erase a person whom the letter names. */
  keeping<Result>(id: number, apply: () => Result): Result {
    const kept = this.#letters.filter((letter) => letter.id === id)
    this.remove(id)
    const result = apply()
    this.#letters = [...this.#letters, ...kept].sort((one, other) => one.id - other.id)
    return result
  }

  /** Notes why it failed this time. */
  update(id: number, { code, message, remedy }: DeadLetter): void {
    this.#letters = this.#letters.map(({ remedy: before, ...one }) => {
      if (one.id !== id) return before === undefined ? one : { ...one, remedy: before }
      return { ...one, code, message: storable(clipMessage(message)), ...remedyOf(remedy) }
    })
  }

  /** Counts an event that was applied after those of its key. */
  follow(topic: string, key: string): void {
    const isOfKey = (one: Named) =>
      one.topic === topic && one.followed !== null && Buffer.from(key).equals(one.followed)
    this.#letters = this.#letters.map((one) => (isOfKey(one) ? { ...one, followedBy: one.followedBy + 1 } : one))
  }

  /** Removes the dead letters that name a person; returns how many. */
  forget(person: string): number {
    return this.#remove(({ names }) => names.has(person))
  }

  removeAll(goes: (letter: KeptLetter) => boolean): number {
    return this.#remove(goes)
  }

  #remove(goes: (letter: Named) => boolean): number {
    const before = this.#letters.length
    this.#letters = this.#letters.filter((letter) => !goes(letter))
    return before - this.#letters.length
  }
}
