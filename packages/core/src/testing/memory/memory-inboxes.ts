import type { Change, Inboxes } from '../../ports/inboxes.ts'
import { MemoryInbox } from './memory-inbox.ts'

/** The inboxes of a store in memory, by person. */
export class MemoryInboxes {
  readonly #inboxes = new Map<string, MemoryInbox>()

  /** The person's inbox; an empty one that is not kept where there is none. */
  find = (person: string): MemoryInbox => this.#inboxes.get(person) ?? new MemoryInbox()

  has = (person: string): boolean => this.#inboxes.has(person)

  entries = (): readonly (readonly [person: string, inbox: MemoryInbox])[] => [...this.#inboxes]

  delete = (person: string): boolean => this.#inboxes.delete(person)

  /** The person's inbox, which is kept from now on. */
  open(person: string): MemoryInbox {
    const inbox = this.find(person)
    this.#inboxes.set(person, inbox)
    return inbox
  }

  /** Replaces the person's inbox by an empty one whose numbers go on after `head`. */
  restart(person: string, head: number): void {
    this.#inboxes.set(person, new MemoryInbox(head))
  }

  /** The people who have a notification of this plugin under this key. */
  holders(plugin: string, key: string | undefined): readonly string[] {
    return this.entries().flatMap(([person, inbox]) => (inbox.holds(plugin, key) ? [person] : []))
  }

  changeOf = (person: string, after: number): Change => ({ person, ...this.find(person).changeSince(after) })

  /** Runs something, and returns how each inbox went from its head before. A new inbox goes from where it begins. */
  changesOf(run: () => void): readonly Change[] {
    const before = new Map(this.entries().map(([, inbox]) => [inbox, inbox.head]))
    run()
    return this.entries().flatMap(([person, inbox]) => {
      const after = before.get(inbox) ?? inbox.floor
      return inbox.head > after ? [this.changeOf(person, after)] : []
    })
  }
}

/** @param clock milliseconds since 1970 */
export function inboxesRole(inboxes: MemoryInboxes, clock: () => number): Inboxes {
  return {
    page: async (person, query) => inboxes.find(person).page(query, clock()),
    notification: async (person, seq) => inboxes.find(person).notification(seq, clock()),
    why: async (person, seq) => inboxes.find(person).why(seq),
    async mark(person, seq, marks) {
      const inbox = inboxes.find(person)
      const before = inbox.head
      const marked = inbox.mark(seq, marks, clock())
      if (marked === undefined) return undefined
      return { answer: marked.answer, ...(marked.changed && { change: inboxes.changeOf(person, before) }) }
    },
    async readThrough(person, through) {
      const inbox = inboxes.find(person)
      const before = inbox.head
      const changed = inbox.readThrough(through, clock())
      const answer = inbox.numbers(clock())
      return { answer, ...(changed && { change: inboxes.changeOf(person, before) }) }
    },
    async replay(person, after) {
      const inbox = inboxes.find(person)
      const before = inbox.head
      const replay = inbox.replay(after, clock())
      return { ...replay, ...(inbox.head > before && { change: inboxes.changeOf(person, before) }) }
    },
    heads: async (people) =>
      new Map(people.flatMap((one) => (inboxes.has(one) ? [[one, inboxes.find(one).head]] : []))),
  }
}
