import type { Effect, NotifyEffect, Profile, Recipients } from '../effects.ts'
import type { Position } from '../source.ts'
import type { Change, Entry, Notification, Render, Store, Why } from '../store.ts'

interface Row extends Omit<Notification, 'read' | 'withdrawn'> {
  readonly plugin: string
  readonly key: string | undefined
  readonly why: Why
  /** The row's own mark; null where the inbox's `readThrough` decides. */
  ownRead: boolean | null
  rev: number
  archived: boolean
  withdrawn: boolean
}

interface Inbox {
  head: number
  readThrough: number
  /** The number of the change that set `readThrough`. */
  readThroughRev: number
  rows: Row[]
}

interface Membership {
  readonly person: string
  readonly audience: string
  readonly because: string
  readonly until: number
}

/** At most so many notifications are replayed; who lacks more loads the list. */
const MOST_REPLAYED = 1_000

/**
 * A store in memory that does one thing after the other, with nothing clever in it: the meaning of `Store`, which the others are
 * compared with. Nothing of it survives its process.
 */
export function createMemoryStore({
  render,
  clock = Date.now,
}: {
  readonly render: Render
  readonly clock?: () => number
}): Store {
  const positions = new Map<string, Position>()
  const known = new Set<string>()
  const inboxes = new Map<string, Inbox>()
  const profiles = new Map<string, Profile>()
  const tombstones = new Set<string>()
  let memberships: Membership[] = []

  const inboxOf = (person: string): Inbox => {
    const found = inboxes.get(person) ?? { head: 0, readThrough: 0, readThroughRev: 0, rows: [] }
    inboxes.set(person, found)
    return found
  }
  const isRead = ({ ownRead, seq }: Row, inbox: Inbox) => ownRead ?? seq <= inbox.readThrough
  const isLive = (row: Row) => !row.withdrawn && !(row.expiresAt !== undefined && Date.parse(row.expiresAt) <= clock())
  const unreadOf = (inbox: Inbox) =>
    inbox.rows.filter((row) => !row.withdrawn && !row.archived && !isRead(row, inbox)).length
  const shown = (row: Row, inbox: Inbox): Notification => {
    const { plugin: _, key: __, why: ___, ownRead: ____, title, body, link, data, ...rest } = row
    const texts = row.withdrawn
      ? { title: '', body: '' }
      : { title, body, ...(link !== undefined && { link }), ...(data !== undefined && { data }) }
    return structuredClone({ ...rest, ...texts, read: isRead(row, inbox) })
  }
  const lacking = (inbox: Inbox, after: number) =>
    inbox.rows.filter(({ rev }) => rev > after).sort((a, b) => a.rev - b.rev)
  const changeOf = (person: string, after: number): Change => {
    const inbox = inboxOf(person)
    const items = lacking(inbox, after).map((row) => shown(row, inbox))
    const mark = inbox.readThroughRev > after ? { readThrough: inbox.readThrough } : {}
    return { person, after, head: inbox.head, unread: unreadOf(inbox), ...mark, items }
  }
  const withdrawRow = (inbox: Inbox, row: Row) => {
    row.withdrawn = true
    row.rev = ++inbox.head
  }

  const members = ({ people, audiences }: Recipients, at: number): Map<string, string | undefined> => {
    const found = new Map<string, string | undefined>(people.map((person) => [person, undefined]))
    for (const audience of audiences) {
      const inIt =
        audience === 'everyone'
          ? profiles.keys()
          : memberships.filter((one) => one.audience === audience && one.until > at).map(({ person }) => person)
      for (const person of inIt) if (!found.has(person)) found.set(person, audience)
    }
    return found
  }

  const notify = (
    effect: NotifyEffect,
    plugin: string,
    origin: Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>,
    at: number,
  ) => {
    if (effect.key !== undefined && tombstones.has(JSON.stringify([plugin, effect.key]))) return
    const moment = Date.parse(origin.event.time)
    const except = members(effect.except, moment)
    const { message, parameters, priority, category, link, data, expiresAt, key } = effect
    for (const [person, audience] of members(effect.to, moment)) {
      if (except.has(person)) continue
      const inbox = inboxOf(person)
      const seq = ++inbox.head
      const text = render({ plugin, message, parameters }, profiles.get(person))
      inbox.rows.push({
        ...{ seq, rev: seq, type: `${plugin}.${message}`, priority, ...text, createdAt: new Date(at).toISOString() },
        ...(category !== undefined && { category }),
        ...(link !== undefined && { link }),
        ...(data !== undefined && { data: structuredClone(data) }),
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
        ...{ plugin, key, ownRead: null, archived: false, withdrawn: false },
        why: { ...origin, plugin, message, parameters, ...(audience !== undefined && { audience }) },
      })
    }
  }

  const applyEffect = (effect: Effect, plugin: string, origin: Parameters<typeof notify>[2], at: number): void => {
    const without = (gone: (one: Membership) => boolean) => {
      memberships = memberships.filter((one) => !gone(one))
    }
    if (effect.kind === 'notify') notify(effect, plugin, origin, at)
    else if (effect.kind === 'profile') profiles.set(effect.person, structuredClone(effect.profile))
    else if (effect.kind === 'endAudience') without((one) => one.audience === effect.audience)
    else if (effect.kind === 'join') {
      const { audience, because, people, until } = effect
      without((one) => one.audience === audience && one.because === because && people.includes(one.person))
      for (const person of people)
        memberships.push({
          person,
          audience,
          because,
          until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
        })
    } else if (effect.kind === 'leave') {
      const { audience, because, person } = effect
      without(
        (one) =>
          one.audience === audience && one.because === because && (person === undefined || one.person === person),
      )
    } else if (effect.kind === 'erase') {
      inboxes.delete(effect.person)
      profiles.delete(effect.person)
      without((one) => one.person === effect.person)
    } else {
      tombstones.add(JSON.stringify([plugin, effect.key]))
      for (const inbox of inboxes.values())
        for (const row of inbox.rows)
          if (row.plugin === plugin && row.key === effect.key && !row.withdrawn) withdrawRow(inbox, row)
    }
  }

  const applyEntry = ({ event, effects, offset }: Entry, topic: string, partition: number, at: number): boolean => {
    if (event === undefined) return true
    const identity = JSON.stringify([event.source, event.id])
    if (known.has(identity)) return false
    known.add(identity)
    const { key: _, ...ref } = event
    for (const { plugin, effects: own } of effects)
      for (const effect of own) applyEffect(effect, plugin, { event: ref, topic, partition, offset }, at)
    return true
  }

  /** Runs something, and answers how each inbox went from its head before; an inbox that began anew began at zero. */
  const changesOf = (change: () => void): readonly Change[] => {
    const before = new Map([...inboxes].map(([person, inbox]) => [person, { inbox, head: inbox.head }]))
    change()
    return [...inboxes].flatMap(([person, inbox]) => {
      const was = before.get(person)
      const after = was?.inbox === inbox ? was.head : 0
      return inbox.head > after ? changeOf(person, after) : []
    })
  }

  const placeOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`

  return {
    epoch: 'memory',
    async beginAt(starting) {
      for (const position of starting) if (!positions.has(placeOf(position))) positions.set(placeOf(position), position)
      return starting.map((position) => positions.get(placeOf(position)) ?? position)
    },
    async apply({ at, slices }) {
      const lost: Position[] = []
      let repeats = 0
      const changes = changesOf(() => {
        for (const { topic, partition, from, next, entries } of slices) {
          const position = positions.get(placeOf({ topic, partition }))
          if (position?.next !== from) lost.push({ topic, partition, next: position?.next ?? 0 })
          else {
            positions.set(placeOf({ topic, partition }), { topic, partition, next })
            for (const entry of entries) if (!applyEntry(entry, topic, partition, at)) repeats++
          }
        }
      })
      return { changes, lost, repeats }
    },
    async page(person, { limit, before = Number.POSITIVE_INFINITY, filter, category }) {
      const inbox = inboxOf(person)
      const wanted = (row: Row) =>
        filter === 'archived' ? row.archived : !row.archived && (filter === 'all' || !isRead(row, inbox))
      const rows = inbox.rows
        .filter(
          (row) =>
            isLive(row) && row.seq < before && wanted(row) && (category === undefined || row.category === category),
        )
        .sort((a, b) => b.seq - a.seq)
      const items = rows.slice(0, limit).map((row) => shown(row, inbox))
      const last = rows.length > limit ? items.at(-1) : undefined
      return { items, head: inbox.head, unread: unreadOf(inbox), ...(last && { next: last.seq }) }
    },
    async notification(person, seq) {
      const inbox = inboxOf(person)
      const row = inbox.rows.find((one) => one.seq === seq && isLive(one))
      return row && shown(row, inbox)
    },
    async why(person, seq) {
      return structuredClone(inboxOf(person).rows.find((row) => row.seq === seq)?.why)
    },
    async mark(person, seq, { read, archived }) {
      const inbox = inboxOf(person)
      const row = inbox.rows.find((one) => one.seq === seq && isLive(one))
      if (!row) return undefined
      const same =
        (read === undefined || read === isRead(row, inbox)) && (archived === undefined || archived === row.archived)
      if (same) return { answer: shown(row, inbox) }
      if (read !== undefined && read !== isRead(row, inbox)) row.ownRead = read
      row.archived = archived ?? row.archived
      row.rev = ++inbox.head
      return { answer: shown(row, inbox), change: changeOf(person, inbox.head - 1) }
    },
    async readThrough(person, through) {
      const inbox = inboxOf(person)
      const upTo = Math.min(through, inbox.head)
      const touched = inbox.rows.some((row) => isLive(row) && row.seq <= upTo && !isRead(row, inbox))
      if (upTo < inbox.readThrough || !touched) return { answer: { head: inbox.head, unread: unreadOf(inbox) } }
      for (const row of inbox.rows) if (row.seq <= upTo && row.ownRead === false) row.ownRead = null
      inbox.readThrough = upTo
      inbox.readThroughRev = ++inbox.head
      return { answer: { head: inbox.head, unread: unreadOf(inbox) }, change: changeOf(person, inbox.head - 1) }
    },
    async replay(person, after) {
      const inbox = inboxOf(person)
      const from = after ?? inbox.head
      if (from > inbox.head || lacking(inbox, from).length > MOST_REPLAYED)
        return { kind: 'reset', head: inbox.head, unread: unreadOf(inbox) }
      const { person: _, ...change } = changeOf(person, from)
      return { kind: 'changes', ...change }
    },
    async expire(at, limit) {
      return changesOf(() => {
        let left = limit
        for (const inbox of inboxes.values())
          for (const row of inbox.rows)
            if (!row.withdrawn && row.expiresAt !== undefined && Date.parse(row.expiresAt) <= at && left-- > 0)
              withdrawRow(inbox, row)
      })
    },
    async ready() {},
    async close() {},
  }
}
