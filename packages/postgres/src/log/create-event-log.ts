import {
  coreErrors,
  createLine,
  type LogView,
  type Position,
  type Positions,
  type Publisher,
  type Source,
} from '@belfry/core'
import type { Database } from '../connect/database.ts'
import { postgresLimits } from '../limits.ts'
import { appendRecords } from './append-records.ts'
import { createAppliedDeletion } from './applied-deletion.ts'
import { asLogErrors } from './log-errors.ts'
import { LogTopics, lockName, PARTITION } from './log-topics.ts'
import { readProgress, strandedAt } from './read-progress.ts'
import { readEnds, takeRecords } from './take-records.ts'
import { createTopicPoll } from './topic-poll.ts'

/** The embedded log: a source and a publisher on the table event_log. `clock` returns milliseconds since 1970. */
export function createEventLog(
  database: Database,
  { clock = Date.now }: { readonly clock?: () => number } = {},
): {
  readonly source: Source
  readonly publisher: Publisher
  /** Where these topics stand, also where another process reads them. */
  readonly view: (topics: readonly string[]) => LogView
} {
  const topics = new LogTopics(database.locks)
  return {
    source: createSource(database, topics),
    publisher: createPublisher(database, topics, clock),
    view: (names) => createView(database, names),
  }
}

function createSource(database: Database, topics: LogTopics): Source {
  const { operators, background, requestTimeoutMs, locks } = database
  const deletion = createAppliedDeletion(background, topics)
  const poll = createTopicPoll(database, topics)
  let positions: Positions = { beginAt: async () => [], of: async () => [] }
  let stopped = false
  const stop = () => {
    stopped = true
    poll.stop()
    deletion.stop()
    topics.wake()
  }
  return {
    async open(names, store) {
      positions = store
      const starting = await store.beginAt(names.map((topic) => ({ topic, partition: PARTITION, next: 0 })))
      topics.open(starting, await readEnds(background, names))
      if (locks !== undefined) poll.start(store)
      // What was applied just before a stop.
      deletion.soon()
    },
    async take(limit, onIdle = () => {}) {
      while (!stopped) {
        const waiting = topics.takeable
        if (waiting.length === 0) {
          const woken = topics.wait()
          onIdle()
          await woken
          continue
        }
        const chunks = await asLogErrors(() => takeRecords(background, waiting, limit))
        if (chunks.length > 0) return chunks
      }
      return []
    },
    advance(applied) {
      for (const { topic, next } of applied) topics.set(topic, { applied: next })
      deletion.soon()
    },
    rewind(position: Position) {
      topics.goOnFrom(position)
      topics.wake()
    },
    refresh() {
      const follow = async () => {
        topics.follow(await positions.of(topics.all.map(({ name }) => name)))
        topics.wake()
      }
      // Positions that cannot be read now are read when this is called again.
      follow().catch(() => {})
    },
    pause: (topic) => topics.set(topic, { running: false }),
    resume(topic) {
      topics.set(topic, { running: true })
      topics.wake()
      // A topic that has to be taken over need not wait for the next poll.
      if (locks !== undefined) poll.now().catch(() => {})
    },
    progress: () => asLogErrors(() => readProgress(operators, topics.all), requestTimeoutMs),
    locate: (position) => locate(database, position),
    trouble() {
      const foreign = topics.all.filter((topic) => topic.foreign)
      return foreign.map(({ name, applied }) => strandedAt(name, applied)).join('; ') || undefined
    },
    stop,
    async close() {
      stop()
      await deletion.idle()
      if (locks) for (const { name } of topics.all) await locks.release(lockName(name)).catch(() => {})
    },
  }
}

function createPublisher({ db, requestTimeoutMs }: Database, topics: LogTopics, clock: () => number): Publisher {
  const { APPENDS, APPENDS_WAITING } = postgresLimits
  // Appends to a topic wait for one another in any case: more of them at once would only take connections from people.
  const appends = createLine({
    atOnce: APPENDS.most,
    waiting: APPENDS_WAITING.most,
    full: () => coreErrors.LOG_UNAVAILABLE({ why: `${APPENDS_WAITING.most} requests wait for it already` }),
  })
  return {
    async publish(batch) {
      if (batch.length === 0) return
      const appendNow = () => appendRecords(db, batch, new Date(clock()))
      topics.appended(await asLogErrors(() => appends.run(appendNow), requestTimeoutMs))
      topics.wake()
    },
    async close() {},
  }
}

function createView(database: Database, names: readonly string[]): LogView {
  const { db, requestTimeoutMs } = database
  const topics = names.map((name) => ({ name, owned: false, applied: 0 }))
  return {
    progress: () => asLogErrors(() => readProgress(db, topics), requestTimeoutMs),
    locate: (position) => locate(database, position),
    async close() {},
  }
}

async function locate({ operators, requestTimeoutMs }: Database, position: Position): Promise<Position> {
  const { topic, partition, next } = position
  const high = (await asLogErrors(() => readEnds(operators, [topic]), requestTimeoutMs)).get(topic) ?? 0
  if (next > high) throw coreErrors.POSITION_OUTSIDE({ topic, partition, next, low: 0, high })
  return position
}
