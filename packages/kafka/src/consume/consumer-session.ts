import { waitAtMost } from '@belfry/core/flow'
import type { Batch, Consumer } from 'kafkajs'

/** What a consumer calls while it joins its group. */
export interface Joining {
  /** The group has given it this name, and has not let it in yet. */
  named(member: string): void
  /** Whether another consumer has taken its place. */
  isOver(): boolean
}

export interface ConsumerSessionOptions {
  readonly create: (joining: Joining) => Consumer
  /** The topics that it reads, by the names that the brokers have, and how many partitions they have. */
  readonly topics: ReadonlyMap<string, number>
  /** Evicts a member of this process from the group. */
  readonly evict: (member: string) => Promise<void>
}

/** How long each step of leaving the group may take. */
const LEAVE_TIMEOUT_MS = 5_000

/** The state of one consumer of a reader, from its creation until another one has taken its place. */
export class ConsumerSession {
  readonly consumer: Consumer
  readonly topics: ReadonlyMap<string, number>
  readonly #evict: (member: string) => Promise<void>
  /** Resolves when it has joined, or has crashed over it. */
  #begun: Promise<void> = Promise.resolve()
  #member: string | undefined
  #isOver = false
  #isJoined = false
  /** When it joined last, if ever. */
  #joinedAt: number | undefined
  /** When it was last active, by a clock that only goes forward. */
  #activeAt = performance.now()

  constructor({ create, topics, evict }: ConsumerSessionOptions) {
    this.topics = topics
    this.#evict = evict
    this.consumer = create({ named: (member) => this.#named(member), isOver: () => this.#isOver })
  }

  /** The name that the group has given it. */
  get member(): string | undefined {
    return this.#member
  }

  get isJoined(): boolean {
    return this.#isJoined
  }

  /** For how many milliseconds it has not been active. */
  get silentMs(): number {
    return performance.now() - this.#activeAt
  }

  /** For how many milliseconds it has been in the group since it joined last; 0 where it has not joined. */
  get joinedMs(): number {
    return this.#joinedAt === undefined ? 0 : performance.now() - this.#joinedAt
  }

  active(): void {
    this.#activeAt = performance.now()
  }

  /** The group is joined again, by all of its members. */
  rebalancing(): void {
    this.active()
    this.#isJoined = false
  }

  joined(member: string): void {
    this.active()
    this.#member = member
    this.#isJoined = true
    this.#joinedAt = this.#activeAt
  }

  /** Reads. Joining may take as long as the other members need; what goes wrong then is reported by an event. */
  run(handle: (batch: Batch) => void, failed: (error: unknown) => void): void {
    this.#begun = this.consumer
      .run({ autoCommit: false, eachBatch: async ({ batch }) => handle(batch) })
      .catch((error: unknown) => failed(error))
  }

  /** Another consumer takes its place. */
  end(): void {
    this.#isOver = true
  }

  /** Leaves the group, within some seconds: a consumer that is joining does not notice a stop, and one that crashed has not left. */
  async leave(): Promise<void> {
    await waitAtMost(this.#begun, LEAVE_TIMEOUT_MS)
    await waitAtMost(this.consumer.disconnect(), LEAVE_TIMEOUT_MS)
    if (this.#member !== undefined) await waitAtMost(this.#evict(this.#member), LEAVE_TIMEOUT_MS)
  }

  /** A member that crashes or is closed before it is let in stays in the group too: all others wait for it until its session times out. */
  #named(member: string): void {
    this.#member = member
    // A member that was evicted joins again, and this is the only sign of it.
    this.rebalancing()
    if (this.#isOver) this.#evict(member).catch(() => {})
  }
}
