import type { Logger } from '@belfry/core'
import { backOff } from '@belfry/core/flow'
import type { Batch, Consumer } from 'kafkajs'
import { reasonOf } from '../reason-of.ts'
import { ConsumerSession, type ConsumerSessionOptions } from './consumer-session.ts'
import type { Copy } from './position-copies.ts'

/** Receives what the consumers of a reader report. */
export interface Handling {
  /** These partitions are assigned from now on, and no others; called before anything is fetched of them. */
  assigned(partitions: Readonly<Record<string, readonly number[]>>, consumer: Consumer, member: string): void
  batch(batch: Batch): void
  /** No partition is assigned for now. */
  lost(): void
}

export interface ReaderOptions extends Omit<ConsumerSessionOptions, 'topics'> {
  /** The wanted topics that exist, by the names that the brokers have, and how many partitions they have. */
  readonly topics: () => Promise<ReadonlyMap<string, number>>
  readonly handling: Handling
  readonly logger: Logger
  /** A consumer that has joined and is silent for this many milliseconds is replaced. */
  readonly silence: number
  /** How long joining may take, in milliseconds. */
  readonly joining: number
}

const MAX_RETRY_MS = 2_000
/** A consumer that has read for this long was healthy: an error after that is a new one. */
const HEALTHY_AFTER_MS = 5_000
const SILENCE_CHECK_MS = 1_000

/** Keeps one consumer running: replaces it when it crashes, when it falls silent, and when other topics are to be read. */
export class Reader {
  readonly #options: ReaderOptions
  #session: ConsumerSession | undefined
  /** What keeps it from reading, in words. */
  #trouble: string | undefined
  /** The errors that were logged since a consumer was healthy. */
  readonly #logged = new Set<string>()
  /** How many consumers were made since the last healthy one. */
  #tries = 0
  /** The member of the replaced consumer, which may still be in the group. */
  #leftOver: string | undefined
  readonly #closing = new AbortController()
  readonly #watching: NodeJS.Timeout

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#watching = setInterval(() => this.#replaceSilent(), SILENCE_CHECK_MS).unref()
  }

  /** Resolves when a consumer has begun to join. */
  async start(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const before = this.#tries++
      try {
        if (before > 0) await backOff(before, { maxMs: MAX_RETRY_MS, signal })
        signal.throwIfAborted()
        const present = await this.#options.topics()
        signal.throwIfAborted()
        if (present.size > 0) return await this.#run(present)
        this.#trouble = 'none of the topics exists'
      } catch (error) {
        if (signal.aborted) return
        this.#report(error)
      }
    }
  }

  /** Replaces the consumer where these are not the topics that it reads, or have more partitions. */
  updateTopics(present: ReadonlyMap<string, number>): void {
    if (this.#session === undefined || present.size === 0) return
    const { topics: before } = this.#session
    const same = present.size === before.size && [...present].every(([topic, size]) => before.get(topic) === size)
    if (!same) this.#replace(this.#session, undefined)
  }

  /** Copies positions to the group; rejects where that fails, and while no consumer has joined. */
  async commit(copies: readonly Copy[]): Promise<void> {
    if (!this.#session?.isJoined) throw new Error('the group is being joined')
    await this.#session.consumer.commitOffsets([...copies])
  }

  /** What keeps it from reading, in words. */
  trouble(): string | undefined {
    return this.#trouble
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#watching)
    const last = this.#session
    this.#session = undefined
    if (last === undefined) return
    last.end()
    await last.leave()
  }

  async #run(topics: ReadonlyMap<string, number>): Promise<void> {
    const { create, evict, handling } = this.#options
    const session = new ConsumerSession({ create, topics, evict })
    const { consumer } = session
    this.#listen(session)
    try {
      await consumer.connect()
      if (this.#leftOver !== undefined) await evict(this.#leftOver)
      this.#leftOver = undefined
      await consumer.subscribe({ topics: [...topics.keys()], fromBeginning: true })
      // A consumer that was closed meanwhile would leave a member that no one stops.
      this.#closing.signal.throwIfAborted()
    } catch (error) {
      consumer.disconnect().catch(() => {})
      throw error
    }
    this.#session = session
    session.run(
      (batch) => {
        if (this.#session === session) handling.batch(batch)
      },
      (error) => this.#replace(session, error),
    )
  }

  #listen(session: ConsumerSession): void {
    const { consumer } = session
    const { handling } = this.#options
    const { GROUP_JOIN, FETCH_START, FETCH, HEARTBEAT, REBALANCING, STOP, CRASH } = consumer.events
    for (const name of [FETCH_START, FETCH, HEARTBEAT] as const) consumer.on(name, () => session.active())
    consumer.on(REBALANCING, () => session.rebalancing())
    consumer.on(GROUP_JOIN, ({ payload }) => {
      session.joined(payload.memberId)
      // It was replaced while it was joining.
      if (this.#session !== session) return void session.leave()
      this.#trouble = undefined
      handling.assigned(payload.memberAssignment, consumer, payload.memberId)
    })
    // From now on each of its methods throws, and disconnecting may take long.
    consumer.on(STOP, () => {
      if (this.#session === session) handling.lost()
    })
    // It has disconnected by now. Where it was replaced because of that, this is the cause.
    consumer.on(CRASH, ({ payload }) => {
      if (this.#session === session) this.#replace(session, payload.error)
      else void session.leave()
    })
  }

  /** Replaces a consumer by another one, unless that was done already. */
  #replace(old: ConsumerSession, error: unknown): void {
    if (this.#session !== old || this.#closing.signal.aborted) return
    this.#session = undefined
    old.end()
    this.#leftOver = old.member
    if (old.joinedMs > HEALTHY_AFTER_MS) {
      this.#tries = 0
      this.#logged.clear()
    }
    this.#options.handling.lost()
    if (error !== undefined) this.#report(error)
    // What it still fetches is ignored.
    void old.leave()
    void this.start()
  }

  #replaceSilent(): void {
    const { silence, joining } = this.#options
    if (this.#session === undefined) return
    const { silentMs, isJoined } = this.#session
    if (silentMs > (isJoined ? silence : joining))
      this.#replace(this.#session, new Error(`the consumer was silent for ${Math.round(silentMs / 1_000)} seconds`))
  }

  #report(error: unknown): void {
    const why = reasonOf(error)
    if (!this.#logged.has(why))
      this.#options.logger.error({ err: error }, `nothing can be read from Kafka for now: ${why}`)
    this.#logged.add(why)
    this.#trouble = `Kafka: ${why}`
  }
}
