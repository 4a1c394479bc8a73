import type { KeptLetter } from '../dead-letters.ts'
import type { Effect, NotifyEffect } from '../effects.ts'
import { revives } from '../erasure.ts'
import type { Position } from '../source.ts'
import type { Change, Entry, Notification, Render, Slice, Store, Why } from '../store.ts'
import { MemoryInbox } from './memory-inbox.ts'
import { MemoryLetters } from './memory-letters.ts'
import { MemoryPeople } from './memory-people.ts'

type Origin = Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>
type Told = { readonly plugin: string; readonly origin: Origin; readonly effect: NotifyEffect }
type Parts = { audience: string; people: readonly string[] }[]
type FanOut = { readonly key: string | undefined; readonly plugin: string; told?: Told; parts: Parts }
type Place = Pick<Slice, 'topic' | 'partition'>
type Counted = { dropped: number; fanOuts: number; erased: Set<string>; repeats: number; lost: Position[] }

const name = (...parts: readonly unknown[]): string => JSON.stringify(parts)
const iso = (ms: number): string => new Date(ms).toISOString()
const fresh = (): Counted => ({ dropped: 0, fanOuts: 0, erased: new Set(), repeats: 0, lost: [] })

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
  const inboxes = new Map<string, MemoryInbox>()
  const erased = new Map<string, { at: number; head: number }>()
  const [withdrawn, paused] = [new Set<string>(), new Set<string>()]
  const [people, letters] = [new MemoryPeople(), new MemoryLetters()]
  const fanOuts: FanOut[] = []
  let counted = fresh()

  const found = (person: string): MemoryInbox => inboxes.get(person) ?? new MemoryInbox()
  const inboxOf = (person: string): MemoryInbox => {
    const inbox = found(person)
    inboxes.set(person, inbox)
    return inbox
  }
  const changeOf = (person: string, after: number): Change => ({ person, ...found(person).changeSince(after) })
  /** Runs something, and answers how each inbox went from its head before; one that begins anew goes from where it begins. */
  const changesOf = (run: () => void): readonly Change[] => {
    const before = new Map([...inboxes.values()].map((inbox) => [inbox, inbox.head]))
    run()
    return [...inboxes].flatMap(([person, inbox]) => {
      const after = before.get(inbox) ?? inbox.floor
      return inbox.head > after ? changeOf(person, after) : []
    })
  }
  const holders = (plugin: string, key: string | undefined) =>
    [...inboxes].filter(([, inbox]) => inbox.holds(plugin, key)).map(([person]) => person)

  const arrive = (person: string, audience: string | undefined, { plugin, origin, effect }: Told, at: number) => {
    if (erased.has(person)) return void counted.dropped++
    const { message, parameters, priority, category, link, data, expiresAt, key } = effect
    const shown: Omit<Notification, 'seq' | 'rev' | 'read'> = {
      ...{ type: `${plugin}.${message}`, priority, createdAt: iso(at), archived: false, withdrawn: false },
      ...render({ plugin, message, parameters }, people.profiles.get(person)),
      ...(category !== undefined && { category }),
      ...(link !== undefined && { link }),
      ...(data !== undefined && { data: structuredClone(data) }),
      ...(expiresAt !== undefined && { expiresAt: iso(Date.parse(expiresAt)) }),
    }
    const why = { ...origin, plugin, message, parameters, ...(audience !== undefined && { audience }) }
    inboxOf(person).arrive({ shown, plugin, key, why })
  }

  const notify = (told: Told, at: number) => {
    const { plugin, origin, effect } = told
    const { to, except, key } = effect
    if (key !== undefined && withdrawn.has(name(plugin, key))) return
    const moment = Date.parse(origin.event.time)
    const reached = new Set([...except.people, ...except.audiences.flatMap((one) => people.membersOf(one, moment))])
    const next = (some: readonly string[]) =>
      [...new Set(some)].filter((person) => !reached.has(person) && reached.add(person))
    for (const person of next(to.people)) arrive(person, undefined, told, at)
    const large = to.audiences.includes('everyone') && people.profiles.size > fanOutOver
    const parts: Parts = to.audiences
      .toSorted((a, b) => Number(a === 'everyone') - Number(b === 'everyone'))
      .map((audience) => ({ audience, people: next(people.membersOf(audience, moment)) }))
      .filter((part) => part.people.length > 0 || (large && part.audience === 'everyone'))
    if (large || parts.flatMap((part) => part.people).length > fanOutOver) {
      for (const part of parts) if (part.audience !== 'everyone') part.people = part.people.toSorted()
      fanOuts.push({ plugin, key, told, parts })
      counted.fanOuts++
    } else for (const part of parts) for (const person of part.people) arrive(person, part.audience, told, at)
  }

  const withdraw = (plugin: string, key: string, at: number) => {
    if (withdrawn.has(name(plugin, key))) return
    withdrawn.add(name(plugin, key))
    const some = holders(plugin, key)
    if (some.length <= fanOutOver) return some.forEach((person) => void inboxOf(person).withdrawKey(plugin, key, at))
    fanOuts.push({ plugin, key, parts: [] })
    counted.fanOuts++
  }

  const erase = (person: string, at: number): boolean => {
    const was = erased.get(person)
    erased.set(person, { at: Math.max(at, was?.at ?? at), head: Math.max(found(person).head, was?.head ?? 0) })
    for (const { parts } of fanOuts) for (const part of parts) part.people = part.people.filter((one) => one !== person)
    counted.erased.add(person)
    return [inboxes.delete(person), people.forget(person), letters.forget(person) > 0].includes(true)
  }

  const applyEffect = (effect: Effect, plugin: string, origin: Origin, at: number): void => {
    if (effect.kind === 'notify') notify({ plugin, origin, effect }, at)
    else if (effect.kind === 'withdraw') withdraw(plugin, effect.key, at)
    else if (effect.kind === 'join')
      people.join({ ...effect, people: effect.people.filter((person) => !erased.has(person)) })
    else if (effect.kind === 'leave') people.leave(effect)
    else if (effect.kind === 'endAudience') people.endAudience(effect.audience)
    else if (effect.kind === 'erase') erase(effect.person, Date.parse(origin.event.time))
    else {
      const was = erased.get(effect.person)
      if (was !== undefined && !revives(origin.event, was.at)) return
      if (was !== undefined) inboxes.set(effect.person, new MemoryInbox(was.head))
      erased.delete(effect.person)
      people.profiles.set(effect.person, structuredClone(effect.profile))
    }
  }

  /** Does what an event wants, unless it has been done, and keeps its dead letters; `letter` is the one that is tried again. */
  const applyEntry = (entry: Entry, { topic, partition }: Place, at: number, letter?: KeptLetter) => {
    const { event, effects, offset, deadLetters } = entry
    if (event !== undefined) {
      const { key, ...ref } = event
      const identity = name(event.source, event.id)
      if (letter?.event === undefined && known.has(identity)) return void counted.repeats++
      if (letter?.event === undefined) known.set(identity, at)
      for (const { plugin, effects: own } of effects)
        for (const effect of own) applyEffect(effect, plugin, { event: ref, topic, partition, offset }, at)
      if (letter === undefined) letters.follow(topic, key)
    }
    const place = { topic, partition, offset, at: iso(at), followedBy: 0 }
    const named = event && { event: { source: event.source, id: event.id } }
    for (const letter of deadLetters) letters.add({ ...letter, ...place, ...named })
  }

  /** Runs something, and answers what it changed and counted. */
  const applying = (run: () => void) => {
    counted = fresh()
    const changes = changesOf(run)
    return { ...counted, changes, erased: [...counted.erased] }
  }

  return {
    epoch: 'memory',
    async beginAt(starting) {
      const place = ({ topic, partition }: Position) => name(topic, partition)
      for (const one of starting) if (!positions.has(place(one))) positions.set(place(one), one)
      return starting.map((one) => positions.get(place(one)) ?? one)
    },
    apply: async ({ at, slices }) =>
      applying(() => {
        for (const { topic, partition, from, next, entries } of slices) {
          const at0 = positions.get(name(topic, partition))?.next
          if (at0 !== from) counted.lost.push({ topic, partition, next: at0 ?? 0 })
          else {
            positions.set(name(topic, partition), { topic, partition, next })
            for (const entry of entries) applyEntry(entry, { topic, partition }, at)
          }
        }
      }),
    async fanOut(at, limit) {
      const [oldest] = fanOuts
      if (oldest === undefined) return { changes: [], more: false }
      const { told, plugin, key, parts } = oldest
      const [part] = parts
      const gone = told !== undefined && key !== undefined && withdrawn.has(name(plugin, key))
      const all = gone ? [] : told ? (part?.people ?? []) : holders(plugin, key).sort()
      const changes = changesOf(() => {
        for (const person of all.slice(0, limit))
          if (told) arrive(person, part?.audience, told, at)
          else inboxOf(person).withdrawKey(plugin, key, at)
      })
      if (part && all.length > limit) part.people = all.slice(limit)
      else if (part) parts.shift()
      if (gone || (all.length <= limit && parts.length === 0)) fanOuts.shift()
      return { changes, more: true }
    },
    page: async (person, query) => found(person).page(query, clock()),
    notification: async (person, seq) => found(person).notification(seq, clock()),
    why: async (person, seq) => found(person).why(seq),
    async mark(person, seq, marks) {
      const marked = found(person).mark(seq, marks, clock())
      return (
        marked && { answer: marked.answer, ...(marked.changed && { change: changeOf(person, found(person).head - 1) }) }
      )
    },
    async readThrough(person, through) {
      const changed = found(person).readThrough(through, clock())
      const answer = found(person).numbers()
      return { answer, ...(changed && { change: changeOf(person, answer.head - 1) }) }
    },
    replay: async (person, after) => found(person).replay(after),
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
      return old.length + letters.removeAll(({ at }) => Date.parse(at) < others) + people.prune(others)
    },
    erase: async (person, at) => erase(person, at),
    deadLetters: {
      list: async (query) => letters.list(query),
      find: async (id) => letters.find(id),
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
        return { kind: 'applied', applied: applying(() => applyEntry(retried, letter, at, letter)) }
      },
    },
    pausedTopics: async () => [...paused],
    setPaused: async (topic, on) => void (on ? paused.add(topic) : paused.delete(topic)),
    async ready() {},
    async close() {},
  }
}
