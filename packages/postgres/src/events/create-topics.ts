import type { Topics } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { block, readBlocked } from './blocked.ts'
import { readPausedTopics, setPaused } from './paused-topics.ts'

/** What the store has of topics that are not read, and of events that are not. */
export function createTopics(
  { operators, background: db }: Pick<Database, 'operators' | 'background'>,
  { request, background }: StoreCalls,
): Topics {
  return {
    paused: () => request(() => readPausedTopics(operators)),
    setPaused: (topic, paused) => request(() => setPaused(operators, topic, paused)),
    block: (blocked) => background(() => block(db, blocked)),
    blocked: (topics) => request(() => readBlocked(operators, topics)),
  }
}
