import type { Logger } from '@belfry/core'
import { waitAtMost } from '@belfry/core/flow'
import type { Consumer, Kafka } from 'kafkajs'
import type { TopicNames } from '../cluster/topic-names.ts'
import { partitionCounts, type WantedTopics } from '../cluster/wanted-topics.ts'
import { createConsumer } from '../group/create-consumer.ts'
import { evict } from '../group/evict.ts'
import { reasonOf } from '../reason-of.ts'
import type { Assignment } from './assignment.ts'
import type { Joining } from './consumer-session.ts'
import type { Partition } from './partition.ts'
import { Reader } from './reader.ts'

export interface SourceReaderOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly names: TopicNames
  readonly wantedTopics: WantedTopics
  readonly assignment: Assignment
  readonly sessionTimeout: number
  readonly heartbeatInterval: number
  readonly maxRecordBytes: number
  /** Receives the name of this member in the group: before it is let in, and each time that it has joined. */
  readonly onMember: (member: string) => Promise<void>
  /** The group was joined. */
  readonly onJoined: () => void
  readonly logger: Logger
}

/**
 * Members learn of a rebalance, and of their eviction, by their next heartbeat, and all others wait for them: a second is soon enough, and
 * costs nothing.
 */
export const MAX_HEARTBEAT_MS = 1_000
/** How long members have to join again in a rebalance. */
const MAX_REBALANCE_MS = 10_000
/** Brokers answer at once when there are records, else after this. Each answer costs CPU, also where nothing happens. */
const FETCH_WAIT_MS = 250
/** The same while a partition will be resumed soon: it is in the next request. */
const RESUME_WAIT_MS = 50
/** Records that come one after the other are fetched, and then applied, together. */
const GATHER_MS = 5
const MAX_PARTITION_BYTES = 1_048_576
const METADATA_AGE_MS = 30_000

/** How long `onMember` may take before the consumer joins all the same. */
const ON_MEMBER_TIMEOUT_MS = 1_000
/** A consumer that has joined and is silent for this long is replaced. */
const MAX_SILENCE_MS = 15_000
/** How much longer than two session timeouts joining may take. */
const JOINING_MARGIN_MS = 10_000

/** Makes the reader of a source: its consumers fill this assignment. */
export function createSourceReader(options: SourceReaderOptions): Reader {
  const { kafka, groupId, names, wantedTopics, assignment, sessionTimeout, onJoined, logger } = options
  const reportMember = async (member: string): Promise<void> => {
    await waitAtMost((async () => options.onMember(member))(), ON_MEMBER_TIMEOUT_MS)
  }
  return new Reader({
    create: (joining) => createSourceConsumer({ ...options, onMember: reportMember }, joining),
    topics: async () => partitionCounts(await wantedTopics.refresh(), names),
    evict: (member) => evict(kafka, groupId, [member]),
    handling: {
      assigned(all, by, member) {
        onJoined()
        void reportMember(member)
        assignment.assigned(all, by)
      },
      batch: (batch) => assignment.batch(batch),
      lost: () => assignment.lost(),
    },
    logger,
    silence: MAX_SILENCE_MS,
    joining: 2 * sessionTimeout + JOINING_MARGIN_MS,
  })
}

function createSourceConsumer(options: SourceReaderOptions, { named, isOver }: Joining): Consumer {
  const { kafka, groupId, names, sessionTimeout, heartbeatInterval, maxRecordBytes, onMember, assignment } = options
  const isAt = (at: { readonly topic: string; readonly partition: number }) => (one: Partition) =>
    one.partition === at.partition && names.physical(one.topic) === at.topic
  return createConsumer(
    kafka,
    {
      groupId,
      sessionTimeout,
      rebalanceTimeout: Math.min(sessionTimeout, MAX_REBALANCE_MS),
      heartbeatInterval: Math.min(heartbeatInterval, MAX_HEARTBEAT_MS, Math.floor(sessionTimeout / 3)),
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 500, restartOnFailure: async () => false },
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      metadataMaxAge: METADATA_AGE_MS,
    },
    {
      isOver,
      maxRecordBytes,
      gatherMs: GATHER_MS,
      waitMs: () => (assignment.willResume ? RESUME_WAIT_MS : FETCH_WAIT_MS),
      async named(member) {
        named(member)
        if (!isOver()) await onMember(member)
      },
      outOfRange: (at) => assignment.reopen(isAt(at)),
      // It is not read before its log is known to be the same: another log would be read from where this one was.
      unknown: (at) => assignment.reopen((one) => isAt(at)(one) && !one.isClosed),
      logIdOf: ({ topic, partition }) => assignment.logIdOf({ topic: names.logical(topic), partition }),
      unreadable: ({ error, ...at }) => assignment.strand(isAt(at), reasonOf(error)),
    },
  )
}
