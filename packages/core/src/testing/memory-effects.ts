import { coreLimits } from '../limits.ts'
import type { Effect, NotifyEffect } from '../plugin/effects.ts'
import type { Render } from '../plugin/render.ts'
import type { Repeat } from '../ports/batches.ts'
import { revives } from '../ports/erasure.ts'
import type { Change, Notification, Why } from '../ports/inboxes.ts'
import type { Position } from '../ports/positions.ts'
import type { FannedOut } from '../ports/upkeep-steps.ts'
import { MemoryInbox } from './memory-inbox.ts'
import type { MemoryLetters } from './memory-letters.ts'
import { MemoryPeople } from './memory-people.ts'

type Origin = Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>
type Told = { readonly plugin: string; readonly origin: Origin; readonly effect: NotifyEffect }
type Parts = { audience?: string; people: readonly string[] }[]
type FanOut = { readonly key: string | undefined; readonly plugin: string; told?: Told; parts: Parts }
/** What is counted while something is applied. */
export type Counts = { dropped: number; fanOuts: number; erased: Set<string>; repeats: Repeat[]; lost: Position[] }

/** A name made of others. */
export const name = (...parts: readonly unknown[]): string => JSON.stringify(parts)
/** RFC 3339 of milliseconds since 1970. */
export const iso = (ms: number): string => new Date(ms).toISOString()
/** Whether a notification is over before it arrives: it reaches nobody. */
const isOver = ({ expiresAt }: NotifyEffect, at: number) => expiresAt !== undefined && Date.parse(expiresAt) <= at
const fresh = (): Counts => ({ dropped: 0, fanOuts: 0, erased: new Set(), repeats: [], lost: [] })

/** Inboxes and people, and what each effect does to them, one after the other. */
export function createMemoryEffects(render: Render, fanOutOver: number, letters: MemoryLetters) {
  const inboxes = new Map<string, MemoryInbox>()
  const people = new MemoryPeople()
  const erased = new Map<string, { at: number; head: number }>()
  const withdrawn = new Set<string>()
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
    if (isOver(effect, at)) return
    if (key !== undefined && withdrawn.has(name(plugin, key))) return
    const moment = Date.parse(origin.event.time)
    const reached = new Set([...except.people, ...except.audiences.flatMap((one) => people.membersOf(one, moment))])
    const next = (some: readonly string[]) =>
      [...new Set(some)].filter((person) => !reached.has(person) && reached.add(person))
    const named = next(to.people).filter((person) => !erased.has(person) || void counted.dropped++)
    const many = named.length > fanOutOver
    if (!many) for (const person of named) arrive(person, undefined, told, at)
    const large = to.audiences.includes('everyone') && people.profiles.size > fanOutOver
    const parts: Parts = to.audiences
      .toSorted((a, b) => Number(a === 'everyone') - Number(b === 'everyone'))
      .map((audience) => ({ audience, people: next(people.membersOf(audience, moment)) }))
      .filter((part) => part.people.length > 0 || (large && part.audience === 'everyone'))
    if (many || large || parts.flatMap((part) => part.people).length > fanOutOver) {
      for (const part of parts) if (part.audience !== 'everyone') part.people = part.people.toSorted()
      fanOuts.push({ plugin, key, told, parts: many ? [{ people: named }, ...parts] : parts })
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
    const [was, { head }] = [erased.get(person), found(person)]
    // The end is a number of its own.
    const end = head === 0 ? 0 : head + 1
    erased.set(person, { at: Math.max(at, was?.at ?? at), head: Math.max(end, was?.head ?? 0) })
    for (const { parts } of fanOuts) for (const part of parts) part.people = part.people.filter((one) => one !== person)
    counted.erased.add(person)
    return [inboxes.delete(person), people.forget(person), letters.forget(person) > 0].includes(true)
  }

  const apply = (effect: Effect, plugin: string, origin: Origin, at: number): void => {
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

  /** Runs something, and answers what it changed and counted. */
  const applying = (run: (counts: Counts) => void) => {
    counted = fresh()
    const changes = changesOf(() => run(counted))
    return { ...counted, changes, erased: [...counted.erased] }
  }

  /** Tells the next people of the oldest, or withdraws from them; answers how many it has reached. */
  const goOn = ({ told, plugin, key, parts }: FanOut, at: number, limit: number): number => {
    const [part] = parts
    const gone = told && (isOver(told.effect, at) || (key !== undefined && withdrawn.has(name(plugin, key))))
    const all = gone ? [] : told ? (part?.people ?? []) : holders(plugin, key).sort()
    for (const person of all.slice(0, limit))
      if (told) arrive(person, part?.audience, told, at)
      else inboxOf(person).withdrawKey(plugin, key, at)
    if (part && all.length > limit) part.people = all.slice(limit)
    else if (part) parts.shift()
    if (gone || (all.length <= limit && parts.length === 0)) fanOuts.shift()
    return Math.min(all.length, limit)
  }

  /** One step of the oldest that are done step by step. */
  const fanOut = (at: number, limit: number): FannedOut => {
    const taken = new Set<FanOut>()
    const changes = changesOf(() => {
      for (let room = limit; room > 0; ) {
        const [oldest] = fanOuts
        if (oldest === undefined || taken.add(oldest).size > coreLimits.STEP_FAN_OUTS.most) break
        room -= goOn(oldest, at, room)
      }
    })
    return { changes, more: taken.size > 0 }
  }

  return { erased, inboxes, people, found, changeOf, changesOf, applying, apply, erase, fanOut }
}
