/**
 * What an instance sends to its peers: how far inboxes have come, who is erased, and that topics are paused, resumed or blocked otherwise
 * than before.
 */
export interface PeerUpdate {
  readonly heads?: Iterable<readonly [person: string, head: number]>
  readonly erased?: readonly string[]
  readonly topics?: true
}

/** What an instance has received from a peer. The erasures in it came before the heads in it. */
export interface ReceivedUpdate {
  readonly heads: readonly (readonly [person: string, head: number])[]
  readonly erased: readonly string[]
  readonly topics: boolean
}

const MAX_PEOPLE = 10_000

/** Updates that wait to be sent, as one: of each person the latest head, of 10,000 people at most. */
export class PendingUpdates {
  readonly #heads = new Map<string, number>()
  readonly #erased = new Set<string>()
  #topics = false

  get isEmpty(): boolean {
    return this.#heads.size + this.#erased.size === 0 && !this.#topics
  }

  add({ heads = [], erased = [], topics }: PeerUpdate): void {
    for (const person of erased) {
      if (this.#erased.size < MAX_PEOPLE) this.#erased.add(person)
      this.#heads.delete(person)
    }
    for (const [person, head] of heads) {
      const known = this.#heads.get(person)
      if (known === undefined ? this.#heads.size < MAX_PEOPLE : known < head) this.#heads.set(person, head)
    }
    if (topics) this.#topics = true
  }

  /** All of them, in the order in which they are to be sent. */
  asOne(): PeerUpdate {
    return { erased: [...this.#erased], heads: this.#heads, ...(this.#topics && { topics: true }) }
  }
}
