import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { backOff } from '../flow/back-off.ts'
import { createSerialQueue } from '../flow/serial-queue.ts'
import type { Host } from '../host/host.ts'
import type { Place } from '../host/incoming.ts'
import type { RecordWatch } from '../host/watch.ts'
import { coreLimits } from '../limits.ts'
import { type Log, silent } from '../log.ts'
import type { Applied, Batch } from '../ports/batches.ts'
import type { Position, Positions } from '../ports/positions.ts'
import type { Chunk, Source } from '../ports/source.ts'
import type { Store } from '../ports/store.ts'
import { type BatchReport, createCommit } from './commit.ts'
import { createDecide, type DecidedSlice, type Envelopes } from './decide.ts'
import { createMove } from './move-position.ts'
import { partsOf } from './parts-of.ts'
import { type TopicStatus, Topics } from './topics.ts'
import { createTypeGuard, MOST_TYPELESS } from './type-guard.ts'

export interface IntakeOptions {
  readonly source: Source
  readonly store: Store
  readonly host: Host
  /** Told what each transaction did, after its commit. */
  readonly onApplied: (report: BatchReport) => void
  readonly log?: Log
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Events older than this many milliseconds keep audiences and profiles up to date and notify nobody. A day unless said otherwise. */
  readonly notifyMaxAge?: number
  /** How topics of plain JSON are read, by topic. */
  readonly envelopes?: Envelopes
  /** Told that a topic was paused for what it holds: whoever else reads it should look. */
  readonly onHeld?: () => void
  /** Told which record is being decoded. */
  readonly decoding?: RecordWatch
  readonly alone?: Alone
}

/** Told which record is on its way, from its decoding to the end of its transaction, while records are taken one at a time. */
export interface Alone extends RecordWatch {
  /** Whether they are. */
  wanted(): boolean
}

/** How the intake is doing. `waiting` says in words what it waits for, when the store or the log is away, or slow. */
export interface IntakeStatus {
  readonly topics: readonly TopicStatus[]
  readonly waiting?: string
}

/** The path from topic to inbox. */
export interface Intake {
  /** Finds the topics' partitions and positions; nothing is taken of them before `start`. */
  open(topics: readonly string[]): Promise<void>
  /**
   * Begins with these topics, save those that an operator has paused.
   * @throws TOPIC_UNKNOWN, as `pause` and `resume` do
   */
  start(...topics: readonly string[]): void
  /** Pauses a topic until it is resumed, beyond a restart; resolves when nothing more of it is applied. */
  pause(topic: string): Promise<void>
  resume(topic: string): Promise<void>
  /**
   * Goes on from another position, as an operator has decided; answers the one before. What lies in between is not read, or once more.
   * @throws TOPIC_UNKNOWN, POSITION_OUTSIDE, POSITION_MOVED, LOG_UNAVAILABLE, STORE_UNAVAILABLE
   */
  move(position: Position): Promise<Position>
  /** Reads again what is paused, where positions stand, and what is blocked: another instance or an operator may have decided so. */
  look(): Promise<void>
  status(): IntakeStatus
  /** Finishes the transaction under way, and takes no more. */
  close(): Promise<void>
}

/** Whoever has a transaction under way for longer than so many milliseconds waits for a lock, or for a store that is slow. */
const SLOW = 2_000
/** What a transaction holds is limited again, in notifications. */
const MOST = { records: coreLimits.DECODED_RECORDS.most, bytes: coreLimits.DECODED_BYTES.most }
const ONE = { ...MOST, records: 1 }

/**
 * Reads, decides, applies, pushes and advances, one batch after another. While a transaction is under way the next batch gathers
 * in the source: one event alone is applied at once, a flood in large batches.
 */
export function createIntake(options: IntakeOptions): Intake {
  const {
    source,
    store,
    host,
    onApplied,
    log = silent,
    clock = Date.now,
    notifyMaxAge = 86_400_000,
    envelopes,
    onHeld = () => {},
    decoding,
    alone,
  } = options
  const topics = new Topics()
  const decide = createDecide({
    ...{ host, log, clock, notifyMaxAge },
    ...(envelopes && { envelopes }),
    ...(decoding && { decoding }),
  })
  const closing = new AbortController()
  let waiting: string | undefined
  /** When the transaction under way began, in milliseconds since 1970. */
  let began: number | undefined
  const apply = async (next: Batch): Promise<Applied> => {
    began = clock()
    try {
      const applied = await store.batches.apply(next)
      // The commit rewinds them.
      for (const { topic, partition } of applied.lost) givenBack.add(`${partition} ${topic}`)
      return applied
    } finally {
      began = undefined
    }
  }
  const commit = createCommit({
    source,
    batches: { apply },
    onApplied,
    log,
    clock,
    closing: closing.signal,
    wait: (why) => (waiting = why),
  })
  const move = createMove({ source, positions: store.positions, log })
  let running: Promise<void> | undefined
  /** The batch that is under way, or was the last. */
  let batch = Promise.resolve()
  const guard = createTypeGuard(topics)
  /** Why a plugin is not given an event, or why a record is not decoded. */
  let blocked: ReadonlyMap<string, string> = new Map()
  const blockedBy = (place: Place, plugin?: string) => blocked.get(blockedName(place, plugin))

  const run = async () => {
    while (!closing.signal.aborted) {
      const chunks = await take()
      if (chunks.length === 0) return
      givenBack.clear()
      for (const part of partsOf(chunks, () => (alone?.wanted() === true ? ONE : MOST))) {
        if (closing.signal.aborted) return
        const { promise, resolve } = Promise.withResolvers<void>()
        batch = promise
        try {
          await handle(part)
        } finally {
          alone?.leave()
          resolve()
        }
      }
    }
  }

  const handle = async (part: readonly Chunk[]): Promise<void> => {
    const only = alone?.wanted() === true ? onlyOf(part) : undefined
    if (only) alone?.enter(only)
    const until = performance.now() + coreLimits.DECIDING.most
    const asked = { until, ...(blocked.size > 0 && { blocked: blockedBy }) }
    const chunks = part.filter(isWanted)
    const slices = await decide(chunks, asked)
    await commit(withoutStrangers(slices).filter(({ from, next, entries }) => next > from || entries.length > 0))
    // What was not decided in time is given back once what lies before it is applied: the source forgets what lies below.
    if (!closing.signal.aborted)
      chunks.forEach((chunk, index) => {
        const { topic, partition, next } = slices[index] ?? chunk
        if (next < chunk.next) giveBack({ topic, partition, from: next })
      })
  }

  /** Partitions of which a part of what was taken last has been given back to the source: so is the rest. */
  const givenBack = new Set<string>()
  const giveBack = ({ topic, partition, from }: Pick<Chunk, 'topic' | 'partition' | 'from'>) => {
    const name = `${partition} ${topic}`
    if (givenBack.has(name)) return
    givenBack.add(name)
    source.rewind({ topic, partition, next: from })
  }

  /** What the log was still reading when its topic was paused is given back: whoever paused it has been answered. */
  const isWanted = (chunk: Chunk): boolean => {
    const { topic, partition } = chunk
    const isPaused = topics.isPaused(topic) || topics.isQuarantined(topic)
    if (isPaused) giveBack(chunk)
    return !isPaused && !givenBack.has(`${partition} ${topic}`)
  }

  /** A topic that holds something else than events is held, and what was read of it is given back. */
  const withoutStrangers = (slices: readonly DecidedSlice[]): readonly DecidedSlice[] => {
    for (const topic of guard.strangers(slices)) {
      if (topics.isQuarantined(topic)) continue
      const { code, sentence } = coreErrors.TOPIC_NOT_CLOUDEVENTS({ topic, count: MOST_TYPELESS })
      topics.quarantine(topic, sentence)
      source.pause(topic)
      log.error({ code, topic }, sentence)
      void keepHeld(topic)
    }
    return slices.filter((slice) => {
      const isQuarantined = topics.isQuarantined(slice.topic)
      if (isQuarantined) giveBack(slice)
      return !isQuarantined
    })
  }

  /** Pauses it for whoever else reads it, too; where that cannot be kept they find out for themselves. */
  const keepHeld = async (topic: string) => {
    try {
      await decisions.run(async () => {
        if (!topics.isQuarantined(topic)) return
        await store.topics.setPaused(topic, true)
        pauseHere(topic)
      })
      onHeld()
    } catch (error) {
      log.warn({ err: error, topic }, 'that the topic is paused could not be kept')
    }
  }

  /** Takes the next records; a log that is away is asked again, for ever. */
  const take = async (): Promise<readonly Chunk[]> => {
    for (let tries = 0; ; tries++) {
      try {
        const chunks = await source.take(MOST.records, () => (waiting = undefined))
        waiting = undefined
        return chunks
      } catch (error) {
        if (closing.signal.aborted) return []
        waiting = error instanceof BelfryError ? error.sentence : 'the log of events cannot be read'
        if (tries === 0) log.error({ err: error }, waiting)
        await backOff(tries, { signal: closing.signal })
      }
    }
  }

  /** One after the other, in the order in which they were asked for, or the store might keep another than the last. */
  const decisions = createSerialQueue()
  const begin = (topic: string) => {
    topics.start(topic)
    if (topics.isRunning(topic)) source.resume(topic)
  }
  const pauseHere = (topic: string) => {
    topics.pause(topic)
    source.pause(topic)
  }
  const lookNow = async () => {
    const { names } = topics
    const paused = new Set(await store.topics.paused())
    blocked = new Map((await store.topics.blocked(names)).map((one) => [blockedName(one, one.plugin), one.why]))
    for (const topic of names) {
      if (paused.has(topic) === topics.isPaused(topic)) continue
      if (paused.has(topic)) pauseHere(topic)
      else {
        topics.release(topic)
        if (topics.isWanted(topic)) begin(topic)
      }
    }
  }
  // Whoever gets a partition may have missed what was decided while somebody else had it.
  const positions: Positions = {
    async beginAt(starting) {
      await decisions.run(lookNow)
      return store.positions.beginAt(starting)
    },
    of: store.positions.of,
  }

  return {
    async open(names) {
      topics.open(names)
      await decisions.run(lookNow)
      await source.open(names, positions)
      running = run()
    },
    start(...names) {
      for (const name of names) topics.expectKnown(name)
      names.forEach(begin)
    },
    async pause(topic) {
      topics.expectKnown(topic)
      await decisions.run(async () => {
        await store.topics.setPaused(topic, true)
        pauseHere(topic)
      })
      // What was taken before is applied.
      await batch
    },
    async resume(topic) {
      topics.expectKnown(topic)
      await decisions.run(async () => {
        await store.topics.setPaused(topic, false)
        topics.release(topic)
        begin(topic)
      })
    },
    async move(position) {
      topics.expectKnown(position.topic)
      const { from, to } = await move(position)
      source.rewind(to)
      return from
    },
    look: () =>
      decisions.run(async () => {
        await lookNow()
        source.look()
      }),
    status() {
      const under = began === undefined ? 0 : clock() - began
      const slow =
        under > SLOW ? `a transaction that has been under way for ${Math.floor(under / 1_000)} seconds` : undefined
      const trouble = waiting ?? slow ?? source.trouble() ?? host.trouble()
      return { topics: topics.statuses(), ...(trouble !== undefined && { waiting: trouble }) }
    },
    async close() {
      closing.abort()
      source.stop()
      await running
      await source.close()
    },
  }
}

const blockedName = ({ topic, partition, offset }: Place, plugin = ''): string =>
  `${partition} ${offset} ${plugin} ${topic}`

/** The one record of a part that has no other. */
function onlyOf(part: readonly Chunk[]): Place | undefined {
  for (const { topic, partition, records } of part)
    for (const { offset } of records) return { topic, partition, offset }
  return undefined
}
