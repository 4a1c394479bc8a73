import { createSerialQueue } from '../flow/serial-queue.ts'
import type { Place } from '../host/incoming.ts'
import type { Logger } from '../logger.ts'
import type { Source } from '../ports/source.ts'
import type { Topics } from '../ports/topics.ts'
import type { TopicStates } from './topic-states.ts'

export interface DecisionsOptions {
  /** Where decisions are kept. */
  readonly kept: Topics
  readonly source: Pick<Source, 'pause' | 'resume'>
  readonly topics: TopicStates
  readonly logger: Logger
  /** Called when a topic has been quarantined: other instances that read it should refresh. */
  readonly onQuarantined: () => void
}

/** Returns why a plugin is not given an event, or, without a plugin, why the record is not decoded; undefined where it is. */
export type ReasonBlocked = (place: Place, plugin?: string) => string | undefined

/**
 * What has been decided about topics and single records, by an operator, by another instance or by this one. It is kept in the store and
 * carried out on the source, one decision after the other in the order in which they were made: otherwise the store might keep another one
 * than the last.
 */
export class Decisions {
  readonly #options: DecisionsOptions
  readonly #queue = createSerialQueue()
  #blocked: ReadonlyMap<string, string> = new Map()

  constructor(options: DecisionsOptions) {
    this.#options = options
  }

  /** Undefined while nothing is blocked. */
  get reasonBlocked(): ReasonBlocked | undefined {
    return this.#blocked.size > 0 ? (place, plugin) => this.#blocked.get(nameOf(place, plugin)) : undefined
  }

  /** Reads a topic, unless it is paused or quarantined. */
  start(topic: string): void {
    const { topics, source } = this.#options
    topics.start(topic)
    if (topics.isRunning(topic)) source.resume(topic)
  }

  /** Pauses a topic, beyond a restart. */
  pause(topic: string): Promise<void> {
    return this.#queue.run(async () => {
      await this.#options.kept.setPaused(topic, true)
      this.#pauseHere(topic)
    })
  }

  /** Reads a topic again, whatever it holds. */
  resume(topic: string): Promise<void> {
    const { kept, topics } = this.#options
    return this.#queue.run(async () => {
      await kept.setPaused(topic, false)
      topics.release(topic)
      this.start(topic)
    })
  }

  /** Stops reading a topic at once, and then pauses it for all instances. Where the store does not keep that, each finds out by itself. */
  quarantine(topic: string, why: string): void {
    const { topics, source } = this.#options
    topics.quarantine(topic, why)
    source.pause(topic)
    void this.#pauseEverywhere(topic)
  }

  /** Reads from the store what is paused and what is blocked, and carries out what is new of it. */
  refresh(): Promise<void> {
    return this.#queue.run(() => this.#refreshNow())
  }

  async #refreshNow(): Promise<void> {
    const { kept, topics } = this.#options
    const { names } = topics
    const paused = new Set(await kept.paused())
    this.#blocked = new Map((await kept.blocked(names)).map((one) => [nameOf(one, one.plugin), one.why]))
    for (const topic of names) {
      if (paused.has(topic) === topics.isPaused(topic)) continue
      if (paused.has(topic)) this.#pauseHere(topic)
      else {
        topics.release(topic)
        if (topics.isWanted(topic)) this.start(topic)
      }
    }
  }

  async #pauseEverywhere(topic: string): Promise<void> {
    const { kept, topics, logger, onQuarantined } = this.#options
    try {
      await this.#queue.run(async () => {
        // An operator may have resumed it meanwhile.
        if (!topics.isQuarantined(topic)) return
        await kept.setPaused(topic, true)
        this.#pauseHere(topic)
      })
      onQuarantined()
    } catch (error) {
      logger.warn({ err: error, topic }, 'the store could not keep that the topic is paused')
    }
  }

  #pauseHere(topic: string): void {
    const { topics, source } = this.#options
    topics.pause(topic)
    source.pause(topic)
  }
}

const nameOf = ({ topic, partition, offset }: Place, plugin = ''): string => `${partition} ${offset} ${plugin} ${topic}`
