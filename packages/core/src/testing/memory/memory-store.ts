import type { Render } from '../../plugin/render.ts'
import type { History } from '../../ports/history.ts'
import type { People } from '../../ports/people.ts'
import type { Store } from '../../ports/store.ts'
import { applyBatch, deadLettersRole } from './apply-batch.ts'
import { erasePerson } from './erase-person.ts'
import { inboxesRole } from './memory-inboxes.ts'
import { positionsRole } from './memory-positions.ts'
import { MemoryState, noCounts } from './memory-state.ts'
import { topicsRole } from './memory-topics.ts'
import { upkeepRole } from './memory-upkeep.ts'

export interface MemoryStoreOptions {
  readonly render: Render
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** An audience of more people than this is told step by step. */
  readonly fanOutOver?: number
}

/**
 * Makes a store in memory. It does one thing after the other and nothing clever: it is the meaning of `Store`, which other stores are
 * compared with. Its contents end with its process.
 */
export function createMemoryStore({ render, clock = Date.now, fanOutOver = 300 }: MemoryStoreOptions): Store {
  const state = new MemoryState()
  const rules = { state, render, fanOutOver }
  return {
    history: createHistory(),
    batches: { apply: async (batch) => applyBatch(rules, batch) },
    inboxes: inboxesRole(state.inboxes, clock),
    positions: positionsRole(state),
    topics: topicsRole(state),
    deadLetters: deadLettersRole(rules),
    people: peopleRole(state),
    upkeep: upkeepRole(rules),
    ready: async () => undefined,
    async close() {},
  }
}

function createHistory(): History {
  let epoch = 'memory'
  return {
    get epoch() {
      return epoch
    },
    async renew() {
      epoch = `${epoch}'`
    },
  }
}

function peopleRole(state: MemoryState): People {
  return {
    erase: async (person, at) => erasePerson({ state, counts: noCounts() }, person, at),
    erased: async (people) => people.filter((person) => state.erased.has(person)),
  }
}
