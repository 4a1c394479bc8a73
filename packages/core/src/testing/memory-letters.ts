import type { DeadLetter, DeadLetterQuery, KeptLetter } from '../dead-letters.ts'

/** What every store can keep of a text. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

/** The dead letters of a store in memory. */
export class MemoryLetters {
  #letters: KeptLetter[] = []
  #last = 0

  add(letter: DeadLetter & Omit<KeptLetter, keyof DeadLetter | 'id'>): void {
    this.#letters.push({ ...letter, message: storable(letter.message), id: ++this.#last })
  }

  list({ limit, before = Number.POSITIVE_INFINITY, plugin, code }: DeadLetterQuery): readonly KeptLetter[] {
    const wanted = (one: KeptLetter) =>
      one.id < before && one.plugin === (plugin ?? one.plugin) && one.code === (code ?? one.code)
    return this.#letters.filter(wanted).reverse().slice(0, limit)
  }

  find = (id: number): KeptLetter | undefined => this.#letters.find((letter) => letter.id === id)

  remove = (id: number): boolean => this.removeAll((letter) => letter.id === id) > 0

  /** Notes why it failed this time. */
  update(id: number, { code, message }: DeadLetter): void {
    this.#letters = this.#letters.map((one) => (one.id === id ? { ...one, code, message } : one))
  }

  /** Counts an event that was applied after those of its key. */
  follow(topic: string, key: string): void {
    const isOfKey = (one: KeptLetter) => one.topic === topic && one.key !== null && Buffer.from(key).equals(one.key)
    this.#letters = this.#letters.map((one) => (isOfKey(one) ? { ...one, followedBy: one.followedBy + 1 } : one))
  }

  /** Removes those that name a person; answers how many. */
  forget(person: string): number {
    const isThem = (text: string) => text === person || (text.includes('"') && names(text))
    const names = (text: string): boolean => leavesOf(text).some(isThem)
    return this.removeAll(({ key, value, headers, event }) => {
      const [name, text] = [key, value].map((bytes) => (bytes === null ? '' : Buffer.from(bytes).toString()))
      return (name === person && event === undefined) || names(text ?? '') || Object.values(headers).includes(person)
    })
  }

  removeAll(goes: (letter: KeptLetter) => boolean): number {
    const before = this.#letters.length
    this.#letters = this.#letters.filter((letter) => !goes(letter))
    return before - this.#letters.length
  }
}

/** Every text and number in a text that is JSON; of any other, what stands between quotes and is no field's name. */
function leavesOf(text: string): readonly string[] {
  try {
    const leaves = (value: unknown): readonly string[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)]
    return leaves(JSON.parse(text))
  } catch {
    const quoted = text.matchAll(/"((?:[^"\\]|\\.)*)"\s*(:?)/g)
    return [...quoted].flatMap(([, inner = '', colon]) => (colon === '' ? inner : []))
  }
}
