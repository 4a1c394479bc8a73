import type { Host } from '../host/host.ts'
import type { RecordWatch } from '../host/watch.ts'
import { type Logger, silent } from '../logger.ts'
import type { Position, Positions } from '../ports/positions.ts'
import type { Source } from '../ports/source.ts'
import type { Store } from '../ports/store.ts'
import { type BatchReport, Committer } from './commit.ts'
import { Decider } from './decide.ts'
import { Decisions } from './decisions.ts'
import type { Envelopes } from './decode.ts'
import { createMove } from './move-position.ts'
import { type Alone, Pump } from './pump.ts'
import { Taker } from './taker.ts'
import { TopicStates, type TopicStatus } from './topic-states.ts'

export interface IntakeOptions {
  readonly source: Source
  readonly store: Store
  readonly host: Host
  /** Called with what each transaction did, after its commit. */
  readonly onApplied: (report: BatchReport) => void
  readonly logger?: Logger
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Events older than this many milliseconds keep audiences and profiles up to date and cause no notifications. A day unless given. */
  readonly notifyMaxAge?: number
  /** How topics of plain JSON are read, by topic. */
  readonly envelopes?: Envelopes
  /** Called when a topic was paused for what it holds: other instances that read it should refresh. */
  readonly onQuarantined?: () => void
  /** Notified which record is being decoded. */
  readonly decoding?: RecordWatch
  readonly alone?: Alone
}

/** How the intake is doing. */
export interface IntakeStatus {
  readonly topics: readonly TopicStatus[]
  /** What it waits for, in words, where the store or the log is away, or slow. */
  readonly waiting?: string
}

/** The path from topic to inbox. */
export interface Intake {
  /** Finds the topics' partitions and positions; nothing is taken of them before `start`. */
  open(topics: readonly string[]): Promise<void>
  /**
   * Begins with these topics, except those that an operator has paused.
   * @throws TOPIC_UNKNOWN, as `pause` and `resume` do
   */
  start(...topics: readonly string[]): void
  /** Pauses a topic until it is resumed, beyond a restart; resolves when nothing more of it is applied. */
  pause(topic: string): Promise<void>
  resume(topic: string): Promise<void>
  /**
   * Goes on from another position, as an operator has decided; returns the one before. What lies in between is not read, or read again.
   * @throws TOPIC_UNKNOWN, POSITION_OUTSIDE, POSITION_MOVED, LOG_UNAVAILABLE, STORE_UNAVAILABLE
   */
  move(position: Position): Promise<Position>
  /** Reads again what is paused, what is blocked, and where positions stand: another instance or an operator may have decided so. */
  refresh(): Promise<void>
  status(): IntakeStatus
  /** Finishes the transaction under way, and takes no more. */
  close(): Promise<void>
}

const DAY_MS = 86_400_000

/** Makes an intake that does not run yet: it begins with `open`, and with the topics that are started then. */
export function createIntake(options: IntakeOptions): Intake {
  const { source, store, host, onApplied, logger = silent, clock = Date.now } = options
  const { notifyMaxAge = DAY_MS, envelopes = {}, onQuarantined = () => {}, decoding, alone } = options
  const stop = new AbortController()
  const closing = stop.signal
  const topics = new TopicStates()
  const taker = new Taker({ source, logger, closing })
  const decisions = new Decisions({ kept: store.topics, source, topics, logger, onQuarantined })
  const decider = new Decider({ host, clock, notifyMaxAge, envelopes, decoding })
  const committer = new Committer({
    batches: store.batches,
    rewind: (position) => taker.rewind(position),
    advance: (positions) => source.advance(positions),
    onApplied,
    logger,
    clock,
    closing,
  })
  const pump = new Pump({ taker, topics, decisions, decider, committer, alone, logger, closing })
  const move = createMove({ source, positions: store.positions, logger })
  let running: Promise<void> | undefined
  const positions: Positions = {
    // While another instance had a partition, decisions about it may have been missed here.
    async beginAt(starting) {
      await decisions.refresh()
      return store.positions.beginAt(starting)
    },
    of: store.positions.of,
  }

  return {
    async open(names) {
      topics.open(names)
      await decisions.refresh()
      await source.open(names, positions)
      running = pump.run()
    },
    start(...names) {
      for (const name of names) topics.expectKnown(name)
      for (const name of names) decisions.start(name)
    },
    async pause(topic) {
      topics.expectKnown(topic)
      await decisions.pause(topic)
      // What was taken before is applied.
      await pump.batchDone()
    },
    async resume(topic) {
      topics.expectKnown(topic)
      await decisions.resume(topic)
    },
    async move(position) {
      topics.expectKnown(position.topic)
      const { from, to } = await move(position)
      taker.rewind(to)
      return from
    },
    async refresh() {
      await decisions.refresh()
      source.refresh()
    },
    status() {
      const trouble = taker.trouble() ?? committer.trouble() ?? source.trouble() ?? host.trouble()
      return { topics: topics.statuses(), ...(trouble !== undefined && { waiting: trouble }) }
    },
    async close() {
      stop.abort()
      source.stop()
      await running
      await source.close()
    },
  }
}
