import type { Source } from '@belfry/core'
import { createLogBounds } from '../cluster/log-bounds.ts'
import { createView } from '../cluster/log-view.ts'
import { createOpenTransactions } from '../cluster/open-transactions.ts'
import { createOurTopics } from '../cluster/our-topics.ts'
import { createTopicNames } from '../cluster/topic-names.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { kafkaLimits } from '../limits.ts'
import { Assignment } from './assignment.ts'
import { createPositionCopies } from './position-copies.ts'
import type { QueueLimits } from './record-queue.ts'
import { ResumePoints } from './resume-points.ts'
import { createSourceReader, MAX_HEARTBEAT_MS } from './source-reader.ts'
import type { OffsetReset } from './starting-positions.ts'
import { startTopicCheck } from './topic-check.ts'

export interface KafkaSourceOptions extends KafkaOptions {
  readonly groupId: string
  /** Where a partition begins that has no position and that the group has read nothing of. */
  readonly autoOffsetReset?: OffsetReset
  /** Positions are copied to the group every so many milliseconds; 0: after every batch. */
  readonly copyInterval?: number
  /** The group gives up a member that is silent for so many milliseconds. */
  readonly sessionTimeout?: number
  /** At most so many milliseconds between two heartbeats. */
  readonly heartbeatInterval?: number
  /** Names of topics on the brokers, where they are others. */
  readonly topicNames?: Readonly<Record<string, string>>
  /** The most bytes that a record may have when it is decompressed: one that has more is handed out unread. */
  readonly maxRecordBytes?: number
  /** How much of a partition waits to be taken. */
  readonly queue?: QueueLimits
  /**
   * Told the name of this member in the group: before it is let in, which waits for this a moment, and each time that it has joined.
   */
  readonly onMember?: (member: string) => Promise<void>
  /** The group has been further than our positions: the store was restored from an older state. */
  readonly onRestored?: () => Promise<void>
}

/**
 * Events from Apache Kafka. kafkajs only fetches: what it brings is handed to a queue for each partition at once. What is applied is
 * decided by the store's positions alone; the group has copies of them, for its lag tools.
 */
export function createKafkaSource(options: KafkaSourceOptions): Source {
  const settings = settingsOf(options)
  const { groupId, autoOffsetReset: reset, log } = settings
  const names = createTopicNames(options.topicNames)
  const kafka = createKafkaClient(options)
  const closing = new AbortController()
  let topics: readonly string[] = []
  const ours = createOurTopics(kafka, names, () => topics)
  const logBounds = createLogBounds(kafka, names)
  const transactions = createOpenTransactions()
  const resumePoints = new ResumePoints({ kafka, groupId, reset, names, ours, readBounds: logBounds.read })
  const assignment = new Assignment({
    names,
    limits: settings.queue,
    find: (some, place) => resumePoints.find(some, place),
    log,
    closing: closing.signal,
  })
  const onJoined = () => copies.joined()
  const reader = createSourceReader({ ...settings, kafka, names, ours, assignment, onJoined })
  const copies = createPositionCopies({
    partitions: () => assignment.all(),
    names,
    commit: (moved) => reader.commit(moved),
    interval: settings.copyInterval,
    log,
  })
  const endTopicCheck = startTopicCheck({
    topics: () => topics,
    names,
    ours,
    logBounds,
    reader,
    assignment,
    transactions,
    log,
  })

  return {
    async open(wanted, positions) {
      topics = wanted
      const { restored } = await resumePoints.begin(positions, closing.signal)
      if (restored) await settings.onRestored()
      await reader.start()
    },
    take: (limit, onIdle = () => {}) => assignment.take(limit, onIdle),
    advance(moved) {
      for (const position of moved) assignment.advance(position)
      copies.moved()
    },
    rewind: (position) => assignment.rewind(position),
    look: () => assignment.reopen(() => true),
    pause: (topic) => assignment.stop(topic),
    resume: (topic) => assignment.start(topic),
    ...createView({
      ours,
      logBounds,
      topics: () => topics,
      own: () => assignment.all(),
      positionsOf: (some) => resumePoints.positionsOf(some),
    }),
    trouble() {
      const others = reader.trouble() ?? assignment.trouble() ?? transactions.trouble()
      const all = others === undefined ? ours.lacking : [...ours.lacking, others]
      return all.length > 0 ? all.join('; ') : undefined
    },
    stop: () => closing.abort(),
    async close() {
      closing.abort()
      endTopicCheck()
      // The group forgets what is copied once we begin to leave it.
      await copies.close()
      await reader.close()
      await logBounds.close()
    },
  }
}

function settingsOf(options: KafkaSourceOptions) {
  const { QUEUE_RECORDS, QUEUE_BYTES, RECORD_BYTES } = kafkaLimits
  const { autoOffsetReset = 'earliest', copyInterval = 1_000, sessionTimeout = 30_000 } = options
  const { heartbeatInterval = MAX_HEARTBEAT_MS, maxRecordBytes = RECORD_BYTES.most } = options
  const { queue = { records: QUEUE_RECORDS.most, bytes: QUEUE_BYTES.most } } = options
  const { onMember = async () => {}, onRestored = async () => {} } = options
  const intervals = { copyInterval, sessionTimeout, heartbeatInterval }
  return { ...options, ...intervals, autoOffsetReset, maxRecordBytes, queue, onMember, onRestored }
}
