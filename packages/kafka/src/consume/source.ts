import type { Position, Positions, Source } from '@belfry/core'
import { waitAtMost } from '@belfry/core/flow'
import { createLogBounds } from '../cluster/log-bounds.ts'
import { createView } from '../cluster/log-view.ts'
import { createOpenTransactions } from '../cluster/open-transactions.ts'
import { createOurTopics } from '../cluster/our-topics.ts'
import { inShort, partitionInWords, partitionName } from '../cluster/partition-name.ts'
import type { TopicIds } from '../cluster/topic-ids.ts'
import { createTopicNames, type TopicNames } from '../cluster/topic-names.ts'
import { createConsumer } from '../group/create-consumer.ts'
import { evict } from '../group/evict.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { kafkaLimits } from '../limits.ts'
import { reasonOf } from '../reason-of.ts'
import { createAssignment } from './assignment.ts'
import type { Partition, QueueLimits } from './partition.ts'
import { createPositionCopies } from './position-copies.ts'
import { createReader } from './reader.ts'
import { onceSettled } from './settled.ts'
import { beginTopics, type OffsetReset } from './starting-positions.ts'

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
 * Whoever hears late of a rebalance keeps everybody waiting, and so does whoever hears late that somebody was taken off: a second is
 * soon enough, and costs nothing.
 */
const HEARTBEAT = 1_000
/** Others join anew within so many milliseconds, or are taken for gone: they hear of it with their next heartbeat. */
const REBALANCE = 10_000
/** Brokers answer at once when there is something, else after so many milliseconds, so that what was paused is soon asked for again. */
const WAIT = 100
/** Topics, and what waits for an operator, are looked at every so many milliseconds. */
const LOOK = 5_000
/** How long `onMember` may take before the consumer joins all the same, in milliseconds. */
const ANNOUNCE_TIMEOUT_MS = 1_000

/** How many partitions each topic has, by the names that the brokers know. */
const sizesOf = (there: TopicIds['there'], names: TopicNames): ReadonlyMap<string, number> =>
  new Map([...there].map(([topic, { partitions }]) => [names.physical(topic), partitions]))

/**
 * Events from Apache Kafka. kafkajs only fetches: what it brings is handed to a queue for each partition at once. What is applied is
 * decided by the store's positions alone; the group has copies of them, for its lag tools.
 */
export function createKafkaSource(options: KafkaSourceOptions): Source {
  const { groupId, log, autoOffsetReset = 'earliest', copyInterval = 1_000, sessionTimeout = 30_000 } = options
  const { heartbeatInterval = HEARTBEAT, onMember = async () => {}, onRestored = async () => {} } = options
  const { QUEUE_RECORDS, QUEUE_BYTES, RECORD_BYTES } = kafkaLimits
  const { queue = { records: QUEUE_RECORDS.most, bytes: QUEUE_BYTES.most } } = options
  const { maxRecordBytes = RECORD_BYTES.most } = options
  const announce = async (member: string) => onMember(member)
  const names = createTopicNames(options.topicNames)
  const kafka = createKafkaClient(options)
  const ours = createOurTopics(kafka, names, () => topics)
  const logBounds = createLogBounds(kafka, names)
  const transactions = createOpenTransactions()
  const closing = new AbortController()
  let topics: readonly string[] = []
  let positions: Positions = { beginAt: async () => [], of: async () => [] }
  /** Topics of which nothing has begun (`beginTopics`). */
  let unbegun: ReadonlySet<string> = new Set()
  /** What was copied to the group, by partition; others may have copied less or more before it was joined. */
  let copied = new Map<string, number>()
  let wake = () => {}

  const isAt = (at: { readonly topic: string; readonly partition: number }) => (one: Partition) =>
    one.partition === at.partition && names.physical(one.topic) === at.topic
  const copyName = ({ topic, partition }: Partition) => partitionName({ topic: names.physical(topic), partition })
  const begin = (there: TopicIds['there']) =>
    beginTopics({
      ...{ kafka, groupId, reset: autoOffsetReset, names, positions, topics: there, readBounds: logBounds.read },
    })
  const assignment = createAssignment({
    ...{ names, limits: queue, log, closing: closing.signal, onReady: () => wake() },
    async find(some, settle) {
      const wanted = [...new Set(some.map(({ topic }) => topic))]
      const [ids, bounds] = await Promise.all([ours.look(), logBounds.read(wanted)])
      const late = wanted.filter((topic) => unbegun.has(topic))
      if (late.length > 0) {
        const { waiting } = await begin(new Map([...ids].filter(([topic]) => late.includes(topic))))
        unbegun = new Set([...unbegun].filter((topic) => !late.includes(topic) || waiting.includes(topic)))
      }
      // A partition that was added later begins at its beginning; all others have a position by now.
      const starting = some.flatMap(({ topic, partition }): Position[] => {
        const id = ids.get(topic)?.id
        return unbegun.has(topic) ? [] : [{ topic, partition, next: 0, ...(id !== undefined && { log: id }) }]
      })
      const kept = await positions.beginAt(starting)
      const unknown: Partition[] = []
      for (const one of some) {
        const position = kept.find(({ topic, partition }) => topic === one.topic && partition === one.partition)
        const found = bounds.get(one.topic)?.get(one.partition)
        // Brokers may not all know yet of a partition that was added, or of a topic that was made again; or nobody leads it.
        const about = ids.get(one.topic)
        if (position === undefined || found === undefined || about === undefined) unknown.push(one)
        else settle(one, position, { id: about.id, bounds: found })
      }
      if (unknown.length > 0) throw new Error(`nobody says what ${inShort(unknown.map(partitionInWords))} holds`)
    },
  })
  const reader = createReader({
    create: ({ named, isOver }) =>
      createConsumer(
        kafka,
        {
          ...{ groupId, sessionTimeout, rebalanceTimeout: Math.min(sessionTimeout, REBALANCE) },
          heartbeatInterval: Math.min(heartbeatInterval, HEARTBEAT, Math.floor(sessionTimeout / 3)),
          retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 500, restartOnFailure: async () => false },
          ...{ maxWaitTimeInMs: WAIT, maxBytesPerPartition: 1_048_576, metadataMaxAge: 30_000 },
        },
        {
          isOver,
          mostRecordBytes: maxRecordBytes,
          async named(member) {
            named(member)
            if (!isOver()) await waitAtMost(announce(member), ANNOUNCE_TIMEOUT_MS)
          },
          outOfRange: (at) => assignment.replace(isAt(at)),
          // Nothing of it is read before its log is known to be the same: another one would go on where this one was.
          unknown: (at) => assignment.replace((one) => isAt(at)(one) && !one.reasons.has('closed')),
          logOf: ({ topic, partition }) => assignment.logOf({ topic: names.logical(topic), partition }),
          unreadable: ({ error, ...at }) => assignment.strand(isAt(at), reasonOf(error)),
        },
      ),
    topics: async () => sizesOf(await ours.look(), names),
    evict: (member) => evict(kafka, groupId, [member]),
    handling: {
      assigned(all, by, member) {
        copied = new Map()
        void waitAtMost(announce(member), ANNOUNCE_TIMEOUT_MS)
        assignment.assigned(all, by)
      },
      batch: assignment.batch,
      lost: assignment.lost,
    },
    ...{ log, silence: 15_000, joining: 2 * sessionTimeout + 10_000 },
  })
  const copies = createPositionCopies({
    ...{ interval: copyInterval, log },
    take: () =>
      [...assignment.all()].flatMap((one) => {
        // Never backwards, and nothing that the group would have by itself; nor what may be the position in another log.
        if (one.stranded !== undefined || one.applied <= (copied.get(copyName(one)) ?? 0)) return []
        return { topic: names.physical(one.topic), partition: one.partition, offset: String(one.applied) }
      }),
    async commit(moved) {
      const mine = copied
      await reader.commit(moved)
      for (const { topic, partition, offset } of moved) mine.set(partitionName({ topic, partition }), Number(offset))
    },
  })

  /** Looks whether a topic has come, gone or become another one, and whether an operator has decided where one goes on. */
  const look = async () => {
    const ids = await ours.look()
    reader.look(sizesOf(ids, names))
    const isAnother = ({ topic, log: known }: Partition) => known !== undefined && ids.get(topic)?.id !== known
    assignment.replace((one) => one.stranded !== undefined || isAnother(one))
    transactions.note(assignment.all(), await logBounds.read(topics))
  }
  const looking = setInterval(() => {
    // What cannot be seen now is seen the next time.
    if (topics.length > 0) look().catch((error: unknown) => log.debug({ err: error }, 'topics could not be looked at'))
  }, LOOK).unref()

  const view = createView({
    ...{ ours, logBounds, topics: () => topics, own: assignment.all },
    positionsOf: (some) => positions.of(some),
  })
  const stop = () => {
    closing.abort()
    wake()
  }

  return {
    async open(wanted, kept) {
      topics = wanted
      positions = kept
      const { restored, waiting } = await onceSettled(async () => begin(await ours.look()), closing.signal)
      unbegun = new Set(waiting)
      if (restored) await onRestored()
      await reader.start()
    },
    async take(limit, onIdle = () => {}) {
      while (!closing.signal.aborted) {
        const chunks = assignment.take(limit)
        if (chunks.length > 0) return chunks
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        onIdle()
        await promise
      }
      return []
    },
    advance(moved) {
      moved.forEach(assignment.advance)
      copies.moved()
    },
    rewind: assignment.rewind,
    look: () => assignment.replace(() => true),
    pause: assignment.stop,
    resume: assignment.start,
    ...view,
    trouble() {
      const others = reader.trouble() ?? assignment.trouble() ?? transactions.trouble()
      const all = others === undefined ? ours.lacking : [...ours.lacking, others]
      return all.length > 0 ? all.join('; ') : undefined
    },
    stop,
    async close() {
      stop()
      clearInterval(looking)
      // The group forgets what is copied once we begin to leave it.
      await copies.close()
      await reader.close()
      await logBounds.close()
    },
  }
}
