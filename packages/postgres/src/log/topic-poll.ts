import type { Positions } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import { type LogTopics, lockName } from './log-topics.ts'
import { readEnds } from './take-records.ts'

/** Milliseconds between two polls of the ends, where other processes append too. */
const POLL_INTERVAL_MS = 200

/** Polls a log that several processes share. */
export interface TopicPoll {
  /** Polls from now on, until it is stopped. */
  start(positions: Positions): void
  /** Polls now, or waits for the poll that is under way. */
  now(): Promise<void>
  stop(): void
}

/** Whether a topic is running now: the compiler takes it for what it was before a wait. */
const isRunning = ({ running }: { readonly running: boolean }): boolean => running

/** Makes the poll that takes over topics which no other process reads, and finds what other processes have appended. */
export function createTopicPoll(
  { background, locks }: Pick<Database, 'background' | 'locks'>,
  topics: LogTopics,
): TopicPoll {
  let positions: Positions | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const poll = async () => {
    for (const topic of topics.all) {
      // A lock alone is not enough: the position might not have been read after it was taken.
      if (locks === undefined || (topic.owned && locks.holds(lockName(topic.name)))) continue
      topic.owned = false
      if (!topic.running || !(await locks.take(lockName(topic.name)))) continue
      // It may have been paused while a new session was opened: another process can read it then.
      if (!isRunning(topic)) {
        await locks.release(lockName(topic.name))
        continue
      }
      // The process that read it before has moved the position; and both may have gone back, where a replica that lacked the last writes
      // was promoted.
      const [position] = (await positions?.of([topic.name])) ?? []
      if (position) topics.goOnFrom(position)
      topic.end = (await readEnds(background, [topic.name])).get(topic.name) ?? 0
      topic.owned = true
    }
    const names = topics.all.map(({ name }) => name)
    for (const [name, end] of await readEnds(background, names)) topics.set(name, { end })
    if (topics.takeable.length > 0) topics.wake()
  }
  /** One poll at a time: a second one that takes over what the first has just taken would begin before what is under way. */
  let underWay: Promise<void> | undefined
  const now = () => {
    underWay ??= poll().finally(() => (underWay = undefined))
    return underWay
  }
  const pollAgain = () => {
    timer = setTimeout(() => {
      // What cannot be read now is read the next time; taking throws what is wrong.
      now()
        .catch(() => {})
        .finally(() => !stopped && pollAgain())
    }, POLL_INTERVAL_MS)
    timer.unref()
  }
  return {
    start(from) {
      positions = from
      pollAgain()
    },
    now,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
