import type { Source } from '@belfry/core'
import { createLogBounds } from '../cluster/log-bounds.ts'
import { createView } from '../cluster/log-view.ts'
import { createOpenTransactions } from '../cluster/open-transactions.ts'
import { createTopicNames } from '../cluster/topic-names.ts'
import { createWantedTopics } from '../cluster/wanted-topics.ts'
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
  /** Where a partition begins that has no position, and no committed offset in the group. */
  readonly autoOffsetReset?: OffsetReset
  /** Milliseconds between two copies of the positions to the group; 0 copies them after every batch. */
  readonly copyInterval?: number
  /** The group removes a member that has been silent for this many milliseconds. */
  readonly sessionTimeout?: number
  /** The most milliseconds between two heartbeats. */
  readonly heartbeatInterval?: number
  /** The names of topics on the brokers, where they differ. */
  readonly topicNames?: Readonly<Record<string, string>>
  /** The most bytes of a decompressed record: a larger one is handed out unread. */
  readonly maxRecordBytes?: number
  /** How much of a partition may wait to be taken. */
  readonly queue?: QueueLimits
  /**
   * Receives the name of this member in the group: before it is let in, which waits for this for a moment, and each time that it has
   * joined.
   */
  readonly onMember?: (member: string) => Promise<void>
  /** A committed offset of the group is ahead of its position: the store was restored from an older state. */
  readonly onRestored?: () => Promise<void>
}

/**
 * Makes the source of events from Apache Kafka. kafkajs only fetches: each batch goes into the queue of its partition at once. The store's
 * positions alone decide what is applied; the group has copies of them, for tools that show its lag.
 */
export function createKafkaSource(options: KafkaSourceOptions): Source {
  const settings = settingsOf(options)
  const { groupId, autoOffsetReset: reset, logger } = settings
  const names = createTopicNames(options.topicNames)
  const kafka = createKafkaClient(options)
  const closing = new AbortController()
  let topics: readonly string[] = []
  const wantedTopics = createWantedTopics(kafka, names, () => topics)
  const logBounds = createLogBounds(kafka, names)
  const transactions = createOpenTransactions()
  const resumePoints = new ResumePoints({ kafka, groupId, reset, names, wantedTopics, readBounds: logBounds.read })
  const assignment = new Assignment({
    names,
    limits: settings.queue,
    find: (some, place) => resumePoints.find(some, place),
    logger,
    closing: closing.signal,
  })
  const onJoined = () => copies.joined()
  const reader = createSourceReader({ ...settings, kafka, names, wantedTopics, assignment, onJoined })
  const copies = createPositionCopies({
    partitions: () => assignment.all(),
    names,
    commit: (moved) => reader.commit(moved),
    interval: settings.copyInterval,
    logger,
  })
  const endTopicCheck = startTopicCheck({
    topics: () => topics,
    names,
    wantedTopics,
    logBounds,
    reader,
    assignment,
    transactions,
    logger,
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
    refresh: () => assignment.reopen(() => true),
    pause: (topic) => assignment.stop(topic),
    resume: (topic) => assignment.start(topic),
    ...createView({
      wantedTopics,
      logBounds,
      topics: () => topics,
      own: () => assignment.all(),
      positionsOf: (some) => resumePoints.positionsOf(some),
    }),
    trouble() {
      const others = reader.trouble() ?? assignment.trouble() ?? transactions.trouble()
      const all = others === undefined ? wantedTopics.missing : [...wantedTopics.missing, others]
      return all.length > 0 ? all.join('; ') : undefined
    },
    stop: () => closing.abort(),
    async close() {
      closing.abort()
      endTopicCheck()
      // The group accepts no more copies once this member begins to leave it.
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
