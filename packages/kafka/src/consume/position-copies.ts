import type { Logger } from '@belfry/core'
import { partitionName } from '../cluster/partition-name.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import type { Partition } from './partition.ts'

/** How far a partition is applied; its topic by the name that the brokers have. */
export interface Copy {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** Copies positions to the group, for tools that show its lag. Nothing depends on the copies while the source runs. */
export interface PositionCopies {
  /** Positions have moved. */
  moved(): void
  /** The group was joined: other members may have copied other positions meanwhile. */
  joined(): void
  /** Copies what has moved, for the last time. */
  close(): Promise<void>
}

export interface PositionCopiesOptions {
  readonly partitions: () => Iterable<Partition>
  readonly names: TopicNames
  readonly commit: (copies: readonly Copy[]) => Promise<void>
  /** Milliseconds between two copies; 0 copies after every batch. */
  readonly interval: number
  readonly logger: Logger
}

/** How long until copying is tried again, where no interval is given. */
const RETRY_MS = 1_000

/** Copies one set of positions at a time; nothing waits for a copy. */
export function createPositionCopies(options: PositionCopiesOptions): PositionCopies {
  const { partitions, names, commit, interval, logger } = options
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> | undefined
  let isDue = false
  let closed = false
  /** What was copied since the group was joined, by partition. */
  let copied = new Map<string, number>()

  const take = (): readonly Copy[] =>
    [...partitions()].flatMap(({ topic: logical, partition, applied, stranded }) => {
      const topic = names.physical(logical)
      // Never backwards, and no offset 0, which is where a group begins by itself; nor a position that may be in another log.
      if (stranded !== undefined || applied <= (copied.get(partitionName({ topic, partition })) ?? 0)) return []
      return { topic, partition, offset: String(applied) }
    })
  const later = (milliseconds: number) => {
    if (!closed)
      timer ??= setTimeout(() => {
        timer = undefined
        run()
      }, milliseconds)
  }
  const copy = async () => {
    const mine = copied
    const copies = take()
    if (copies.length === 0) return
    try {
      await commit(copies)
      for (const { topic, partition, offset } of copies) mine.set(partitionName({ topic, partition }), Number(offset))
    } catch (error) {
      // The next copy has it too, or the next member that is assigned the partition makes it. It may be long until a position moves.
      later(interval || RETRY_MS)
      logger.debug({ err: error }, 'positions could not be copied to the group')
    }
  }
  const run = () => {
    isDue = underWay !== undefined
    underWay ??= copy().finally(() => {
      underWay = undefined
      if (isDue) run()
    })
  }
  return {
    moved() {
      if (interval === 0) run()
      else later(interval)
    },
    joined() {
      copied = new Map()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      isDue = false
      await underWay
      await copy()
    },
  }
}
