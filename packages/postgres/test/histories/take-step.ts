import type { Change, Effect, Entry, KeptLetter, Store } from '@belfry/core'
import { type Happening, sliceOf, start } from '@belfry/core/testing'
import type { Step } from './steps.ts'

const DAY = 86_400_000
const after = (minute: number, day = 0) => start + day * DAY + minute * 60_000

/** What a step has changed, and whom it has erased. */
export interface Taken {
  readonly changes: readonly Change[]
  readonly erased: readonly string[]
  /** What the caller was told beside. */
  readonly said: unknown
}
const taken = (changes: readonly Change[], said: unknown, erased: readonly string[] = []): Taken => ({
  changes,
  erased,
  said,
})

/** Takes one step at a store. `from` is where the topic stands; `apart` gives it the events of a batch one by one. */
export async function takeStep(store: Store, step: Step, from: number, apart: boolean): Promise<Taken> {
  switch (step.kind) {
    case 'batch':
      return applyBatch(store, step, from, apart)
    case 'mark': {
      const marked = await store.inboxes.mark(step.person, step.seq, step.marks)
      return taken(marked?.change ? [marked.change] : [], marked?.answer)
    }
    case 'through': {
      const { change, answer } = await store.inboxes.readThrough(step.person, step.through)
      return taken(change ? [change] : [], answer)
    }
    case 'fanOut': {
      const { changes, more } = await store.upkeep.fanOut(start, step.limit)
      return taken(changes, more)
    }
    case 'expire':
      return taken(await store.upkeep.expire(after(step.minute), 100), undefined)
    case 'retain': {
      const at = after(step.minute, step.day)
      const rules = { at, readBefore: after(step.minute), before: after(step.minute - 3) }
      const { changes, deleted } = await store.upkeep.retain(rules)
      return taken(changes, deleted)
    }
    case 'prune':
      return taken([], await store.upkeep.prune({ identities: after(step.minute - 6), others: after(step.minute - 6) }))
    case 'erase':
      return taken([], await store.people.erase(step.person, after(step.minute)), [step.person])
    case 'retry': {
      const [entry] = sliceOf(0, [step.happening]).entries
      const letter = await store.deadLetters.find(step.id)
      // A letter's record is that of its event.
      const event = entry?.event && letter?.event ? { ...entry.event, ...letter.event } : entry?.event
      if (!entry) return taken([], undefined)
      const decided = { ...entry, ...(event && { event }) }
      const expired = await expireBefore([step.happening], store, start)
      const retry = { at: start, force: step.force, entry: letter ? withoutUnsent(decided, letter) : decided }
      const retried = await store.deadLetters.retry(step.id, retry)
      const { kind } = retried
      // One that failed again may have applied what its plugin keeps.
      const applied = kind === 'applied' || kind === 'failed' ? retried.applied : undefined
      if (applied === undefined) return taken(expired, { kind })
      const { changes, erased, dropped, repeats, fanOuts } = applied
      return taken([...expired, ...changes], { kind, dropped, repeats: repeats.length, fanOuts }, erased)
    }
    default:
      return taken([], await store.deadLetters.remove(step.id))
  }
}

/** A handler one of whose notifications is invalid sends none of them: what it keeps can be applied again, however often a retry fails. */
function withoutUnsent(entry: Entry, { plugin }: KeptLetter): Entry {
  if (!entry.deadLetters.some((letter) => letter.plugin === plugin)) return entry
  const kept = (all: readonly Effect[]) => all.filter(({ kind }) => kind !== 'notify')
  return { ...entry, effects: entry.effects.map(({ plugin, effects }) => ({ plugin, effects: kept(effects) })) }
}

/**
 * Withdraws what has expired before a key is withdrawn: how many people hold the key decides whether that is done at once or step by step.
 * A store reads it before the events of a batch; one that takes them one by one has withdrawn by then what had expired in the inboxes that
 * the earlier ones changed.
 */
async function expireBefore(happenings: readonly Happening[], store: Store, at: number): Promise<readonly Change[]> {
  const withdraws = happenings.some(({ effects = [] }) => effects.some(({ kind }) => kind === 'withdraw'))
  return withdraws ? store.upkeep.expire(at, 100) : []
}

async function applyBatch(
  store: Store,
  { minute, happenings }: Extract<Step, { kind: 'batch' }>,
  from: number,
  apart: boolean,
) {
  const slices = apart ? happenings.map((each, index) => sliceOf(from + index, [each])) : [sliceOf(from, happenings)]
  const changes: Change[] = [...(await expireBefore(happenings, store, after(minute)))]
  const erased: string[] = []
  const said = { dropped: 0, unsent: 0, repeats: 0, fanOuts: 0, lost: 0 }
  for (const slice of slices) {
    const applied = await store.batches.apply({ at: after(minute), slices: [slice] })
    changes.push(...applied.changes)
    erased.push(...applied.erased)
    said.dropped += applied.dropped
    said.unsent += applied.unsent.length
    said.repeats += applied.repeats.length
    said.fanOuts += applied.fanOuts
    said.lost += applied.lost.length
  }
  return taken(changes, said, [...new Set(erased)])
}
