import type { NotifyEffect } from '../../plugin/effects.ts'
import type { Render } from '../../plugin/render.ts'
import type { Repeat, Unsent } from '../../ports/batches.ts'
import type { Why } from '../../ports/inboxes.ts'
import type { Position } from '../../ports/positions.ts'
import type { Blocked } from '../../ports/topics.ts'
import { MemoryInboxes } from './memory-inboxes.ts'
import { MemoryLetters } from './memory-letters.ts'
import { MemoryPeople } from './memory-people.ts'

/** Where a notification comes from. */
export type Origin = Omit<Why, 'plugin' | 'message' | 'parameters' | 'audience'>

/** A notify effect with its plugin and its origin. */
export interface Sending {
  readonly plugin: string
  readonly origin: Origin
  readonly effect: NotifyEffect
}

/** People who are still to be reached step by step: the members of an audience, or people who were named. */
export interface FanOutPart {
  readonly audience?: string
  people: readonly string[]
}

/** A notification, or without `sending` a withdrawal, that is done step by step. */
export interface FanOut {
  readonly plugin: string
  readonly key: string | undefined
  readonly sending?: Sending
  readonly parts: FanOutPart[]
}

/** A person who was erased: when, in milliseconds since 1970, and the last number of the inbox. */
export interface ErasedPerson {
  readonly at: number
  readonly head: number
}

/** Everything that a store in memory holds. */
export class MemoryState {
  readonly inboxes = new MemoryInboxes()
  readonly people = new MemoryPeople()
  readonly letters = new MemoryLetters()
  /** By `nameOf(topic, partition)`. */
  readonly positions = new Map<string, Position>()
  /** When each event was applied, in milliseconds since 1970, and its content, by `nameOf(source, id)`. */
  readonly identities = new Map<string, { readonly at: number; readonly content: string | undefined }>()
  readonly erased = new Map<string, ErasedPerson>()
  /** By `nameOf(plugin, key)`. */
  readonly withdrawnKeys = new Set<string>()
  /** The oldest first. */
  readonly fanOuts: FanOut[] = []
  readonly pausedTopics = new Set<string>()
  /** By `nameOf(topic, partition, offset, plugin)`. */
  readonly blocked = new Map<string, Blocked>()
}

/** What is counted while something is written. */
export interface Counts {
  dropped: number
  readonly unsent: Unsent[]
  fanOuts: number
  readonly erased: Set<string>
  readonly repeats: Repeat[]
  readonly lost: Position[]
}

/** One write: what it changes, by which rules, at which moment (milliseconds since 1970), and what it counts. */
export interface Writing {
  readonly state: MemoryState
  readonly render: Render
  /** An audience of more people than this is reached step by step. */
  readonly fanOutOver: number
  readonly at: number
  readonly counts: Counts
}

export const noCounts = (): Counts => ({ dropped: 0, unsent: [], fanOuts: 0, erased: new Set(), repeats: [], lost: [] })

/** One name made of several parts. */
export const nameOf = (...parts: readonly unknown[]): string => JSON.stringify(parts)

/** RFC 3339 of milliseconds since 1970. */
export const iso = (ms: number): string => new Date(ms).toISOString()
