import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type LogView, type Positions, type Progress, type Source } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'
import { kafkaErrors } from '../errors.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { reasonOf } from '../reason-of.ts'
import { type Bounds, createLogBounds, type LogBounds } from './log-bounds.ts'
import { logMismatch } from './log-mismatch.ts'
import { partitionName } from './partition-name.ts'
import { createTopicNames } from './topic-names.ts'
import { createWantedTopics, type WantedTopics } from './wanted-topics.ts'

/** How long brokers and the store may take to report positions and bounds: less than a thread has to answer that. */
const PROGRESS_TIMEOUT_MS = 1_200
/** How long brokers may take to report the bounds of a partition: less than an operator's request waits, which would blame the store. */
const LOCATE_TIMEOUT_MS = 1_500

/** A partition that is read here. */
interface OwnPartition {
  readonly topic: string
  readonly partition: number
  /** Everything below this offset is applied. */
  readonly applied: number
  /** When the log took the oldest record here that is not applied, in milliseconds since 1970. */
  readonly oldest: number | undefined
  /** Why an operator has to decide where it continues. */
  readonly stranded: string | undefined
}

interface ViewOptions {
  readonly wantedTopics: Pick<WantedTopics, 'read'>
  readonly logBounds: Pick<LogBounds, 'read'>
  readonly topics: () => readonly string[]
  readonly positionsOf: Positions['of']
  readonly own: () => Iterable<OwnPartition>
}

/** Where partitions stand: from the brokers, the store, and what is read here. */
export function createView({ wantedTopics, logBounds, topics, positionsOf, own }: ViewOptions) {
  return {
    async progress(): Promise<readonly Progress[]> {
      const [[{ existing: ids }, bounds], kept] = await Promise.all([
        answered(
          Promise.all([wantedTopics.read(), logBounds.read(topics())]),
          PROGRESS_TIMEOUT_MS,
          coreErrors.LOG_UNAVAILABLE,
        ),
        answered(positionsOf(topics()), PROGRESS_TIMEOUT_MS, coreErrors.STORE_UNAVAILABLE),
      ])
      const read = new Map([...own()].map((one) => [partitionName(one), one]))
      return kept.flatMap((position) => {
        const { topic, partition, next } = position
        const found = bounds.get(topic)?.get(partition)
        if (found === undefined) return []
        const { low, end: high } = found
        const one = read.get(partitionName(position))
        const another = logMismatch(position, ids.get(topic)?.id)
        const stranded = another ?? one?.stranded
        if (stranded !== undefined) {
          const lag = Math.max(0, high - (another === undefined ? next : low))
          return { topic, partition, next, end: high, lag, stranded }
        }
        const at = Math.max(next, one?.applied ?? 0)
        const end = Math.max(at, high)
        const lag = end - at
        const oldest = lag > 0 && one?.oldest !== undefined ? { oldest: one.oldest } : {}
        return { topic, partition, next: at, end, lag, ...oldest }
      })
    },
    async locate({ topic, partition, next }) {
      const brokers = Promise.all([wantedTopics.read(), logBounds.read([topic])])
      const [{ existing: ids }, bounds] = await answered(brokers, LOCATE_TIMEOUT_MS, coreErrors.LOG_UNAVAILABLE)
      const all = bounds.get(topic) ?? new Map<number, Bounds>()
      const found = all.get(partition)
      if (found === undefined) throw kafkaErrors.PARTITION_UNKNOWN({ topic, partition, last: all.size - 1 })
      const { low, end: high } = found
      if (next < low || next > high) throw coreErrors.POSITION_OUTSIDE({ topic, partition, next, low, high })
      const id = ids.get(topic)?.id
      return { topic, partition, next, ...(id !== undefined && { logId: id }) }
    },
  } satisfies Pick<Source, 'progress' | 'locate'>
}

export interface KafkaViewOptions extends KafkaOptions {
  readonly topics: readonly string[]
  /** Names of topics on the brokers, where they are others. */
  readonly topicNames?: Readonly<Record<string, string>>
  readonly positionsOf: Positions['of']
}

/** Where the partitions of these topics stand, over connections of its own. It reads no records, is in no group, and connects at the first call. */
export function createKafkaView({ topics, topicNames, positionsOf, ...options }: KafkaViewOptions): LogView {
  const kafka = createKafkaClient(options)
  const names = createTopicNames(topicNames)
  const logBounds = createLogBounds(kafka, names)
  const wantedTopics = createWantedTopics(kafka, names, () => topics)
  return {
    ...createView({ wantedTopics, logBounds, topics: () => topics, positionsOf, own: () => [] }),
    close: logBounds.close,
  }
}

type Away = (about: { readonly why: string }, more?: { readonly cause: unknown }) => BelfryError

/** Waits for an answer. `away` makes the error where there is none in time, and where it fails with an error without a code. */
async function answered<T>(answer: Promise<T>, timeoutMs: number, away: Away): Promise<T> {
  try {
    return await withDeadline(answer, timeoutMs, (why) => away({ why }))
  } catch (error) {
    throw error instanceof BelfryError ? error : away({ why: reasonOf(error) }, { cause: error })
  }
}
