/** What others are told: whose inbox has come how far, who is erased, and that topics are paused, resumed or blocked otherwise than before. */
export interface News {
  readonly heads?: Iterable<readonly [person: string, head: number]>
  readonly erased?: readonly string[]
  readonly topics?: true
}

/** What others have told. Who is erased was erased before the heads that come with it. */
export interface Heard {
  readonly heads: readonly (readonly [person: string, head: number])[]
  readonly erased: readonly string[]
  readonly topics: boolean
}

/** Nobody keeps more people in mind than this. */
const MOST_PEOPLE = 10_000
/** News that wait to be told: of each person the latest, of no more than so many. */
export class Gathered {
  readonly #heads = new Map<string, number>()
  readonly #erased = new Set<string>()
  #topics = false

  get isEmpty(): boolean {
    return this.#heads.size + this.#erased.size === 0 && !this.#topics
  }

  add({ heads = [], erased = [], topics }: News): void {
    for (const person of erased) {
      if (this.#erased.size < MOST_PEOPLE) this.#erased.add(person)
      this.#heads.delete(person)
    }
    for (const [person, head] of heads) {
      const known = this.#heads.get(person)
      if (known === undefined ? this.#heads.size < MOST_PEOPLE : known < head) this.#heads.set(person, head)
    }
    if (topics) this.#topics = true
  }

  /** What is here, in the order in which it is to be told. */
  news(): News {
    return { erased: [...this.#erased], heads: this.#heads, ...(this.#topics && { topics: true }) }
  }
}
