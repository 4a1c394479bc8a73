import type { Log } from '@belfry/core'
import { backOff, waitAtMost } from '@belfry/core/flow'
import type { Batch, Consumer } from 'kafkajs'
import { reasonOf } from '../reason-of.ts'
import type { Copy } from './position-copies.ts'

/** What is made of what a consumer brings. */
export interface Handling {
  /** These partitions are ours from now on, and no others; called before anything is fetched of them. */
  assigned(partitions: Readonly<Record<string, readonly number[]>>, consumer: Consumer, member: string): void
  batch(batch: Batch): void
  /** Nothing is ours any more, for now. */
  lost(): void
}

/** What a consumer says, and asks, while it joins. */
export interface Joining {
  /** The name that the group has given it, before it is let in. */
  named(member: string): void
  /** Whether another one has taken its place. */
  isOver(): boolean
}

export interface ReaderOptions {
  readonly create: (joining: Joining) => Consumer
  /** The topics that there are, of those that are wanted, by the names that the brokers know, and how many partitions they have. */
  readonly topics: () => Promise<ReadonlyMap<string, number>>
  /** Takes a member of ours that is left over off the group. */
  readonly evict: (member: string) => Promise<void>
  readonly handling: Handling
  readonly log: Log
  /** Whoever has joined and then says nothing for so many milliseconds is replaced. */
  readonly silence: number
  /** So long may joining take. */
  readonly joining: number
}

/** A consumer that is always replaced by another one: when it crashes, when it falls silent, and when there are other topics to read. */
export interface Reader {
  /** Resolves when the first consumer has begun to join. */
  start(): Promise<void>
  /** Begins anew where the topics are not the same any more, or have more partitions. */
  look(present: ReadonlyMap<string, number>): void
  /** Copies positions to the group; rejects where that fails, and while there is no consumer that could. */
  commit(copies: readonly Copy[]): Promise<void>
  /** What keeps it from reading, in words. */
  trouble(): string | undefined
  /** Leaves the group. */
  close(): Promise<void>
}

interface Life {
  readonly consumer: Consumer
  readonly topics: ReadonlyMap<string, number>
  /** Resolves when it has joined, or has crashed over it. */
  begun: Promise<void>
  member: string | undefined
  over: boolean
  joined: boolean
  /** When it joined last, if ever. */
  joinedAt: number | undefined
  /** When it was heard of last, by a clock that only goes forward. */
  heardAt: number
}

const MAX_RESTART_WAIT_MS = 2_000
/** Whoever has read for so many milliseconds was well: what goes wrong after that is another trouble. */
const WELL = 5_000
/** How long each step of leaving the group may take before the consumer is left behind. */
const LEAVE_TIMEOUT_MS = 5_000

export function createReader(options: ReaderOptions): Reader {
  const { create, topics, evict, handling, log, silence, joining } = options
  let life: Life | undefined
  let trouble: string | undefined
  /** What was logged of this trouble. */
  const said = new Set<string>()
  /** How many consumers there were of which none was well. */
  let tries = 0
  /** A member of ours that may be left over in the group. */
  let leftOver: string | undefined
  const closing = new AbortController()

  const begin = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const before = tries++
      try {
        if (before > 0) await backOff(before, { maxMs: MAX_RESTART_WAIT_MS, signal: closing.signal })
        closing.signal.throwIfAborted()
        const present = await topics()
        closing.signal.throwIfAborted()
        if (present.size > 0) return await run(present)
        trouble = 'none of the topics is there'
      } catch (error) {
        if (closing.signal.aborted) return
        say(error)
      }
    }
  }
  const run = async (present: ReadonlyMap<string, number>) => {
    // Whoever crashes or is closed before it is let in is left over too, and all others wait for it until its session times out.
    const consumer = create({
      named(member) {
        mine.member = member
        // One that was taken off its group joins it again, and says so in no other way.
        mine.joined = false
        mine.heardAt = performance.now()
        if (mine.over) evict(member).catch(() => {})
      },
      isOver: () => mine.over,
    })
    const mine: Life = {
      ...{ consumer, topics: present, begun: Promise.resolve() },
      ...{ member: undefined, over: false, joined: false, joinedAt: undefined, heardAt: performance.now() },
    }
    listen(mine)
    try {
      await consumer.connect()
      if (leftOver !== undefined) await evict(leftOver)
      leftOver = undefined
      await consumer.subscribe({ topics: [...present.keys()], fromBeginning: true })
      // Who was closed meanwhile would leave a member that nobody stops.
      closing.signal.throwIfAborted()
    } catch (error) {
      consumer.disconnect().catch(() => {})
      throw error
    }
    life = mine
    // It may take as long as the others need; what goes wrong is told by an event.
    mine.begun = consumer
      .run({
        autoCommit: false,
        eachBatch: async ({ batch }) => void (life === mine && handling.batch(batch)),
      })
      .catch((error: unknown) => replace(mine, error))
  }
  const listen = (mine: Life) => {
    const { consumer } = mine
    const { GROUP_JOIN, FETCH_START, FETCH, HEARTBEAT, REBALANCING, STOP, CRASH } = consumer.events
    const heard = () => {
      mine.heardAt = performance.now()
    }
    for (const name of [FETCH_START, FETCH, HEARTBEAT] as const) consumer.on(name, heard)
    consumer.on(REBALANCING, () => {
      heard()
      mine.joined = false
    })
    consumer.on(GROUP_JOIN, ({ payload }) => {
      heard()
      mine.member = payload.memberId
      // It was left behind while it was joining.
      if (life !== mine) return void leave(mine)
      mine.joined = true
      mine.joinedAt = mine.heardAt
      trouble = undefined
      handling.assigned(payload.memberAssignment, consumer, payload.memberId)
    })
    // From now on it throws whenever it is told something, and it may take long until it has disconnected.
    consumer.on(STOP, () => {
      if (life === mine) handling.lost()
    })
    // It has disconnected by then; whoever replaced it at that did not hear why.
    consumer.on(CRASH, ({ payload }) => (life === mine ? replace(mine, payload.error) : void leave(mine)))
  }
  const say = (error: unknown) => {
    const why = reasonOf(error)
    if (!said.has(why)) log.error({ err: error }, `nothing can be read from Kafka for now: ${why}`)
    said.add(why)
    trouble = `Kafka: ${why}`
  }
  /** Begins anew with another consumer, unless that has been done. */
  const replace = (old: Life, error: unknown) => {
    if (life !== old || closing.signal.aborted) return
    life = undefined
    old.over = true
    leftOver = old.member
    if (old.joinedAt !== undefined && performance.now() - old.joinedAt > WELL) {
      tries = 0
      said.clear()
    }
    handling.lost()
    if (error !== undefined) say(error)
    // Whatever it still brings is passed over.
    void leave(old)
    void begin()
  }
  /** Leaves the group, within some seconds: one that is joining does not hear that it is to go, and one that crashed has not left. */
  const leave = async (one: Life) => {
    await waitAtMost(one.begun, LEAVE_TIMEOUT_MS)
    await waitAtMost(one.consumer.disconnect(), LEAVE_TIMEOUT_MS)
    if (one.member !== undefined) await waitAtMost(evict(one.member), LEAVE_TIMEOUT_MS)
  }
  const watching = setInterval(() => {
    if (life === undefined) return
    const silent = performance.now() - life.heardAt
    if (silent > (life.joined ? silence : joining))
      replace(life, new Error(`nothing was heard of the consumer for ${Math.round(silent / 1_000)} seconds`))
  }, 1_000).unref()

  return {
    start: begin,
    look(present) {
      if (life === undefined || present.size === 0) return
      const { topics: before } = life
      const same = present.size === before.size && [...present].every(([topic, size]) => before.get(topic) === size)
      if (!same) replace(life, undefined)
    },
    async commit(copies) {
      if (!life?.joined) throw new Error('the group is being joined')
      await life.consumer.commitOffsets([...copies])
    },
    trouble: () => trouble,
    async close() {
      closing.abort()
      clearInterval(watching)
      const last = life
      life = undefined
      if (last === undefined) return
      last.over = true
      await leave(last)
    },
  }
}
