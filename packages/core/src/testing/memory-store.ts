import type { Render } from '../plugin/render.ts'
import type { Entry, Slice } from '../ports/batches.ts'
import type { KeptLetter } from '../ports/dead-letters.ts'
import type { Position } from '../ports/positions.ts'
import type { Store } from '../ports/store.ts'
import type { Blocked } from '../ports/topics.ts'
import { type Counts, createMemoryEffects, iso, name } from './memory-effects.ts'
import { MemoryLetters, storable } from './memory-letters.ts'

type Place = Pick<Slice, 'topic' | 'partition'>

export interface MemoryStoreOptions {
  readonly render: Render
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** An audience of more people than this is told step by step. */
  readonly fanOutOver?: number
}

/**
 * A store in memory that does one thing after the other, with nothing clever in it: the meaning of `Store`, which the others are
 * compared with. Nothing of it survives its process.
 */
export function createMemoryStore({ render, clock = Date.now, fanOutOver = 300 }: MemoryStoreOptions): Store {
  const positions = new Map<string, Position>()
  const known = new Map<string, number>()
  const paused = new Set<string>()
  const blocked = new Map<string, Blocked>()
  let epoch = 'memory'
  const place = ({ topic, partition }: Place) => name(topic, partition)
  const isPassed = (one: Blocked) => (positions.get(place(one))?.next ?? 0) > one.offset
  const letters = new MemoryLetters()
  const effects = createMemoryEffects(render, fanOutOver, letters)
  const { erased, inboxes, people, found, changeOf, changesOf, applying, erase, fanOut } = effects

  /** Does what an event wants, unless it has been done, and keeps its dead letters; `letter` is the one that is tried again. */
  const applyEntry = (entry: Entry, { topic, partition }: Place, at: number, counts: Counts, letter?: KeptLetter) => {
    const { event, offset, deadLetters } = entry
    if (event !== undefined) {
      const { key, ...ref } = event
      const identity = name(event.source, event.id)
      if (letter?.event === undefined && known.has(identity))
        return void counts.repeats.push({ topic, partition, offset })
      if (letter?.event === undefined) known.set(identity, at)
      for (const { plugin, effects: own } of entry.effects)
        for (const effect of own) effects.apply(effect, plugin, { event: ref, topic, partition, offset }, at)
      if (letter === undefined) letters.follow(topic, key)
    }
    const place = { topic, partition, offset, at: iso(at), followedBy: 0 }
    const named = event && { event: { source: event.source, id: event.id } }
    for (const letter of deadLetters) letters.add({ ...letter, ...place, ...named })
  }

  return {
    history: {
      get epoch() {
        return epoch
      },
      async renew() {
        epoch = `${epoch}'`
      },
    },
    batches: {
      apply: async ({ at, slices }) =>
        applying((counts) => {
          for (const { topic, partition, from, next, entries } of slices) {
            const at0 = positions.get(name(topic, partition))
            if (at0?.next !== from) counts.lost.push({ topic, partition, next: at0?.next ?? 0 })
            else {
              positions.set(name(topic, partition), { ...at0, next })
              for (const entry of entries) applyEntry(entry, { topic, partition }, at, counts)
            }
          }
        }),
    },
    inboxes: {
      page: async (person, query) => found(person).page(query, clock()),
      notification: async (person, seq) => found(person).notification(seq, clock()),
      why: async (person, seq) => found(person).why(seq),
      async mark(person, seq, marks) {
        const marked = found(person).mark(seq, marks, clock())
        return (
          marked && {
            answer: marked.answer,
            ...(marked.changed && { change: changeOf(person, found(person).head - 1) }),
          }
        )
      },
      async readThrough(person, through) {
        const changed = found(person).readThrough(through, clock())
        const answer = found(person).numbers()
        return { answer, ...(changed && { change: changeOf(person, answer.head - 1) }) }
      },
      replay: async (person, after) => found(person).replay(after),
      heads: async (some) => new Map(some.flatMap((one) => (inboxes.has(one) ? [[one, found(one).head]] : []))),
    },
    positions: {
      async beginAt(starting) {
        for (const one of starting) if (!positions.has(place(one))) positions.set(place(one), one)
        return starting.map((one) => positions.get(place(one)) ?? one)
      },
      of: async (topics) => [...positions.values()].filter(({ topic }) => topics.includes(topic)),
      async move(moves) {
        const due = moves.filter(({ from }) => positions.get(place(from))?.next === from.next)
        for (const { from, to } of due) {
          const { log, reached = 0 } = positions.get(place(from)) ?? from
          const furthest = Math.max(from.next, reached)
          positions.set(place(to), { ...to, ...(log === to.log && furthest > to.next && { reached: furthest }) })
        }
        return due.length
      },
    },
    topics: {
      paused: async () => [...paused],
      setPaused: async (topic, on) => void (on ? paused.add(topic) : paused.delete(topic)),
      block: async (one) =>
        void blocked.set(name(place(one), one.offset, one.plugin ?? ''), { ...one, why: storable(one.why) }),
      blocked: async (topics) => [...blocked.values()].filter((one) => topics.includes(one.topic) && !isPassed(one)),
    },
    deadLetters: {
      list: async (query) => letters.list(query),
      find: async (id, bytes) => letters.find(id, bytes),
      remove: async (id) => letters.remove(id),
      async retry(id, { at, entry, force }) {
        const letter = letters.find(id)
        if (letter === undefined) return { kind: 'missing' }
        if (letter.followedBy > 0 && !force) return { kind: 'followed', followedBy: letter.followedBy }
        const again = entry.deadLetters.find(({ plugin }) => plugin === letter.plugin)
        if (again) {
          letters.update(id, again)
          return { kind: 'failed', letter: again }
        }
        letters.remove(id)
        const retried = { ...entry, offset: letter.offset }
        return { kind: 'applied', applied: applying((counts) => applyEntry(retried, letter, at, counts, letter)) }
      },
    },
    people: {
      erased: async (some) => some.filter((person) => erased.has(person)),
      erase: async (person, at) => erase(person, at),
    },
    upkeep: {
      fanOut: async (at, limit) => fanOut(at, limit),
      async expire(at, limit) {
        const due = [...inboxes].flatMap(([person, inbox]) => inbox.due(at).map((row) => ({ person, inbox, row })))
        const order = ({ person, row: { shown } }: (typeof due)[number]) =>
          `${iso(Date.parse(shown.expiresAt ?? ''))} ${person} ${String(shown.seq).padStart(9, '0')}`
        const first = due.sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, limit)
        first.sort((a, b) => a.row.shown.seq - b.row.shown.seq)
        return changesOf(() => first.forEach(({ inbox, row }) => void inbox.withdraw(row, at)))
      },
      async retain(rules) {
        const deleted: number[] = []
        const changes = changesOf(() => inboxes.forEach((inbox) => void deleted.push(inbox.retain(rules))))
        return { changes, deleted: deleted.reduce((sum, one) => sum + one, 0) }
      },
      async prune({ identities, others }) {
        const old = [...known].filter(([, at]) => at < identities)
        for (const [identity] of old) known.delete(identity)
        const passed = [...blocked].filter(([, one]) => isPassed(one))
        for (const [place] of passed) blocked.delete(place)
        const gone = [old, passed].flat().length
        return gone + letters.removeAll(({ at }) => Date.parse(at) < others) + people.prune(others)
      },
      nameLetters: async () => false,
    },
    ready: async () => undefined,
    async close() {},
  }
}
