import { clipMessage, cutLetter, sizeOf } from '../../ports/cut-letter.ts'
import type { DeadLetter } from '../../ports/dead-letter.ts'
import type { DeadLetterQuery, KeptLetter, ListedLetter } from '../../ports/dead-letters.ts'
import { namesIn } from '../../ports/names-in.ts'

/** What every store can keep of a text. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

const remedyOf = (remedy: string | undefined) => remedy !== undefined && { remedy: storable(clipMessage(remedy)) }

/** The dead letters of a store in memory. */
export class MemoryLetters {
  #letters: (KeptLetter & { readonly names: ReadonlySet<string> })[] = []
  #last = 0

  add(letter: DeadLetter & Omit<KeptLetter, keyof DeadLetter | 'id'>): void {
    const names = new Set(namesIn(letter, letter.event !== undefined))
    const message = storable(clipMessage(letter.message))
    const kept = { ...letter, ...cutLetter(letter), message, ...remedyOf(letter.remedy), id: ++this.#last }
    this.#letters.push({ ...kept, names })
  }

  list({ limit, before = Number.POSITIVE_INFINITY, plugin, code }: DeadLetterQuery): readonly ListedLetter[] {
    const wanted = (one: KeptLetter) =>
      one.id < before && one.plugin === (plugin ?? one.plugin) && one.code === (code ?? one.code)
    return this.#letters
      .filter(wanted)
      .reverse()
      .slice(0, limit)
      .map(({ names: _, key: __, value: ___, headers: ____, timestamp: _____, ...listed }) => listed)
  }

  find(id: number, bytes = Number.POSITIVE_INFINITY): KeptLetter | undefined {
    const found = this.#letters.find((letter) => letter.id === id)
    if (found === undefined) return undefined
    const { names: _, ...letter } = found
    if (letter.value === null || letter.value.length <= bytes) return letter
    return { ...letter, value: letter.value.slice(0, bytes), size: letter.size ?? sizeOf(letter) }
  }

  remove = (id: number): boolean => this.removeAll((letter) => letter.id === id) > 0

  /** Notes why it failed this time. */
  update(id: number, { code, message, remedy }: DeadLetter): void {
    this.#letters = this.#letters.map(({ remedy: before, ...one }) => {
      if (one.id !== id) return before === undefined ? one : { ...one, remedy: before }
      return { ...one, code, message: storable(clipMessage(message)), ...remedyOf(remedy) }
    })
  }

  /** Counts an event that was applied after those of its key. */
  follow(topic: string, key: string): void {
    const isOfKey = (one: KeptLetter) => one.topic === topic && one.key !== null && Buffer.from(key).equals(one.key)
    this.#letters = this.#letters.map((one) => (isOfKey(one) ? { ...one, followedBy: one.followedBy + 1 } : one))
  }

  /** Removes the dead letters that name a person; returns how many. */
  forget(person: string): number {
    return this.#remove(({ names }) => names.has(person))
  }

  removeAll(goes: (letter: KeptLetter) => boolean): number {
    return this.#remove(goes)
  }

  #remove(goes: (letter: KeptLetter & { readonly names: ReadonlySet<string> }) => boolean): number {
    const before = this.#letters.length
    this.#letters = this.#letters.filter((letter) => !goes(letter))
    return before - this.#letters.length
  }
}
