import type { Change, Notification, Store } from '@belfry/core'

/** What a client makes of what it is sent (docs/protocol.md): its number, its badge and its list. */
export class Client {
  readonly #person: string
  #mine = 0
  #unread = 0
  readonly #items = new Map<number, Notification>()

  constructor(person: string) {
    this.#person = person
  }

  /** Takes a frame; answers whether it must reconnect because it lacks what came before. */
  receive({ after, head, unread, readThrough, items }: Omit<Change, 'person'>): boolean {
    if (head <= this.#mine) return false
    if (after > this.#mine) return true
    if (readThrough !== undefined)
      for (const [seq, item] of this.#items) if (seq <= readThrough) this.#items.set(seq, { ...item, read: true })
    for (const item of items) this.#items.set(item.seq, item)
    this.#mine = head
    this.#unread = unread
    return false
  }

  /** Asks for what it lacks. */
  async resume(store: Store): Promise<void> {
    const replay = await store.inboxes.replay(this.#person, this.#mine)
    if (replay.kind === 'changes') return void this.receive(replay)
    this.#items.clear()
    for (const filter of ['all', 'archived'] as const)
      for (const item of (await store.inboxes.page(this.#person, { limit: 200, filter })).items)
        this.#items.set(item.seq, item)
    this.#mine = replay.head
    this.#unread = replay.unread
  }

  /** What it shows at a moment (milliseconds since 1970), by number. */
  shows(now: number) {
    const items = [...this.#items.values()]
      .filter(({ withdrawn, expiresAt }) => !withdrawn && !(expiresAt !== undefined && Date.parse(expiresAt) <= now))
      .sort((a, b) => a.seq - b.seq)
    return { head: this.#mine, unread: this.#unread, items }
  }
}
