import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, type LogView, type Positions, type Progress, type Source } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'
import { kafkaErrors } from '../errors.ts'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { reasonOf } from '../reason-of.ts'
import { ofAnotherLog } from './another-log.ts'
import { type Bounds, createLogBounds, type LogBounds } from './log-bounds.ts'
import { createOurTopics, type OurTopics } from './our-topics.ts'
import { partitionName } from './partition-name.ts'
import { createTopicNames } from './topic-names.ts'

/** How long brokers and the store may take to say where partitions stand: less than a thread has to answer that (milliseconds). */
const PROGRESS_TIMEOUT_MS = 1_200
/** How long brokers may take to say what a partition holds: less than an operator waits for an answer, who would blame the store. */
const LOCATE_TIMEOUT_MS = 1_500

/** A partition that is read here. */
interface OwnPartition {
  readonly topic: string
  readonly partition: number
  /** Everything below this offset is applied. */
  readonly applied: number
  /** When the log took the oldest record here that is not applied, in milliseconds since 1970. */
  readonly oldest: number | undefined
  /** Why an operator has to decide where it goes on. */
  readonly stranded: string | undefined
}

interface ViewOptions {
  readonly ours: Pick<OurTopics, 'read'>
  readonly logBounds: Pick<LogBounds, 'read'>
  readonly topics: () => readonly string[]
  readonly positionsOf: Positions['of']
  readonly own: () => Iterable<OwnPartition>
}

/** What is known of partitions by what the brokers and the store say of them, and by what is read of them here. */
export function createView({ ours, logBounds, topics, positionsOf, own }: ViewOptions) {
  return {
    async progress(): Promise<readonly Progress[]> {
      const [[{ there: ids }, bounds], kept] = await Promise.all([
        answered(Promise.all([ours.read(), logBounds.read(topics())]), PROGRESS_TIMEOUT_MS, coreErrors.LOG_UNAVAILABLE),
        answered(positionsOf(topics()), PROGRESS_TIMEOUT_MS, coreErrors.STORE_UNAVAILABLE),
      ])
      const read = new Map([...own()].map((one) => [partitionName(one), one]))
      return kept.flatMap((position) => {
        const { topic, partition, next } = position
        const found = bounds.get(topic)?.get(partition)
        if (found === undefined) return []
        const { low, end: high } = found
        const one = read.get(partitionName(position))
        const another = ofAnotherLog(position, ids.get(topic)?.id)
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
      const brokers = Promise.all([ours.read(), logBounds.read([topic])])
      const [{ there: ids }, bounds] = await answered(brokers, LOCATE_TIMEOUT_MS, coreErrors.LOG_UNAVAILABLE)
      const all = bounds.get(topic) ?? new Map<number, Bounds>()
      const found = all.get(partition)
      if (found === undefined) throw kafkaErrors.PARTITION_UNKNOWN({ topic, partition, last: all.size - 1 })
      const { low, end: high } = found
      if (next < low || next > high) throw coreErrors.POSITION_OUTSIDE({ topic, partition, next, low, high })
      const id = ids.get(topic)?.id
      return { topic, partition, next, ...(id !== undefined && { log: id }) }
    },
  } satisfies Pick<Source, 'progress' | 'locate'>
}

export interface KafkaViewOptions extends KafkaOptions {
  readonly topics: readonly string[]
  /** Names of topics on the brokers, where they are others. */
  readonly topicNames?: Readonly<Record<string, string>>
  readonly positionsOf: Positions['of']
}

/** Where the partitions of these topics stand, by connections of its own: it reads no record and is in no group. It connects when it is asked. */
export function createKafkaView({ topics, topicNames, positionsOf, ...options }: KafkaViewOptions): LogView {
  const kafka = createKafkaClient(options)
  const names = createTopicNames(topicNames)
  const logBounds = createLogBounds(kafka, names)
  const ours = createOurTopics(kafka, names, () => topics)
  return {
    ...createView({ ours, logBounds, topics: () => topics, positionsOf, own: () => [] }),
    close: logBounds.close,
  }
}

type Away = (about: { readonly why: string }, more?: { readonly cause: unknown }) => BelfryError

/** What is answered in time; an error that says who is away, where nothing is or the answer is an error without a code. */
async function answered<T>(asked: Promise<T>, timeoutMs: number, away: Away): Promise<T> {
  try {
    return await withDeadline(asked, timeoutMs, (why) => away({ why }))
  } catch (error) {
    throw error instanceof BelfryError ? error : away({ why: reasonOf(error) }, { cause: error })
  }
}
