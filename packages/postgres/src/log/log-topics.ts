import type { Position } from '@belfry/core'
import type { SessionLocks } from '../connect/session-locks.ts'

/** Each topic has one partition: its events keep their order, and topics do not wait for one another. */
export const PARTITION = 0

/** A topic of the log, as this process reads it. */
export interface LogTopic {
  readonly name: string
  /** The next offset to take. */
  next: number
  /** The offset after the last one that is known to be in the table. */
  end: number
  running: boolean
  /** Whether this process is the one that reads it. */
  owned: boolean
  /** Everything below is applied. */
  applied: number
  /** Its position is that of another log: an operator has to decide where it goes on. */
  foreign: boolean
}

/** The lock that the process holds that reads a topic. */
export const lockName = (topic: string): string => `belfry event_log ${topic}`

/** The topics that are open, where each stands, and the one who waits for their records. */
export class LogTopics {
  readonly #topics = new Map<string, LogTopic>()
  readonly #locks: SessionLocks | undefined
  #wake = () => {}

  /** @param locks absent where the log is this process's alone */
  constructor(locks: SessionLocks | undefined) {
    this.#locks = locks
  }

  open(positions: readonly Position[], ends: ReadonlyMap<string, number>): void {
    for (const { topic, next, logId } of positions)
      this.#topics.set(topic, {
        name: topic,
        next,
        end: ends.get(topic) ?? 0,
        running: false,
        owned: this.#locks === undefined,
        applied: next,
        foreign: logId !== undefined,
      })
  }

  get all(): readonly LogTopic[] {
    return [...this.#topics.values()]
  }

  /** The topics from which records can be taken now. */
  get takeable(): readonly LogTopic[] {
    return this.all.filter(
      ({ name, running, owned, foreign, next, end }) =>
        running && owned && !foreign && next < end && (this.#locks?.holds(lockName(name)) ?? true),
    )
  }

  /** Changes a topic, if it is open. */
  set(name: string, to: Partial<Pick<LogTopic, 'running' | 'applied' | 'end'>>): void {
    const topic = this.#topics.get(name)
    if (topic) Object.assign(topic, to)
  }

  /** Goes on from this position. */
  goOnFrom({ topic: name, next, logId }: Position): void {
    const topic = this.#topics.get(name)
    if (topic) Object.assign(topic, { next, applied: next, foreign: logId !== undefined })
  }

  /** Goes on from those of these positions that are not where their topics stand. */
  follow(positions: readonly Position[]): void {
    for (const position of positions) {
      const topic = this.#topics.get(position.topic)
      if (topic && (topic.foreign || position.next < topic.applied || position.next > topic.next))
        this.goOnFrom(position)
    }
  }

  /** Notes what this process has appended: topics end there, if they did not end later already. */
  appended(ends: ReadonlyMap<string, number>): void {
    for (const [name, end] of ends) {
      const topic = this.#topics.get(name)
      if (topic) topic.end = Math.max(topic.end, end)
    }
  }

  /** Resolves at the next `wake`. */
  wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    return promise
  }

  wake(): void {
    this.#wake()
  }
}
