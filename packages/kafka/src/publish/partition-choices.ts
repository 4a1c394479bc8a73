import { type ICustomPartitioner, Partitioners } from 'kafkajs'
import { partitionInWords } from '../cluster/partition-name.ts'
import type { Message } from './pending-send.ts'

/** The partitions that kafkajs has chosen for messages. */
export interface PartitionChoices {
  /** A partitioner of kafkajs's that notes what it chooses. */
  readonly create: ICustomPartitioner
  /** The partitions that were chosen for these messages, where there was a choice. */
  of(messages: readonly Message[]): readonly number[]
  /** Why nothing has answered for a partition, in words. */
  why(at: { readonly topic: string; readonly partition: number }): string
}

export function createPartitionChoices(): PartitionChoices {
  const chosen = new WeakMap<object, number>()
  /** Those that had no leader when they were chosen last. */
  const unled = new Set<number>()
  return {
    create: () => {
      const choose = Partitioners.DefaultPartitioner()
      return (of) => {
        const partition = choose(of)
        chosen.set(of.message, partition)
        const found = of.partitionMetadata.find(({ partitionId }) => partitionId === partition)
        unled[found === undefined || found.leader < 0 ? 'add' : 'delete'](partition)
        return partition
      }
    },
    of: (messages) => [...new Set(messages.flatMap((one) => chosen.get(one) ?? []))],
    why: (at) => `${unled.has(at.partition) ? 'no broker leads' : 'nothing has answered for'} ${partitionInWords(at)}`,
  }
}
