import type { Logger } from '@belfry/core'
import type { Batch } from 'kafkajs'
import { createConsumer } from '../src/group/create-consumer.ts'
import { createKafkaClient } from '../src/kafkajs/client.ts'
import type { Stuck } from '../src/kafkajs/listener.ts'
import { FIRST_ID, idOf } from './small-broker.ts'

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A consumer of a topic from its start, and what it was handed. */
export interface Consuming {
  /** The records of each partition, by their values. */
  readonly records: Map<number, string[]>
  readonly batches: Batch[]
  readonly outOfRange: Stuck[]
  readonly unreadable: (Stuck & { readonly error: unknown })[]
  /** Partitions that their broker did not know, each time. */
  readonly unknown: number[]
  readonly crashes: string[]
  /** The id under which it joined the group, each time that it had joined. */
  readonly joined: string[]
  /** How often each node's answer was waited for. */
  readonly fetches: Map<string, number>
  readonly consumer: ReturnType<typeof createConsumer>
  close(): Promise<void>
}

export interface ConsumeOptions {
  readonly topic?: string
  /** The id of the topic, by which it is read where brokers can be asked so. */
  readonly log?: string
  readonly maxRecordBytes?: number
  /** How long records gather after an answer with few of them. */
  readonly gatherMs?: number
  /** How long the next request waits for records. */
  readonly waitMs?: () => number
  /** Whether a heartbeat is due is asked often; with 0 milliseconds it always is. */
  readonly heartbeatInterval?: number
  /** How often it tries what has failed once more, before it crashes. */
  readonly retries?: number
  /** Each batch is handled when this is done with it. */
  readonly handle?: (batch: Batch) => Promise<void>
}

/** Reads all that comes, without committing anything. */
export async function consume(address: string, options: ConsumeOptions = {}): Promise<Consuming> {
  const {
    topic = 'events',
    log = idOf(FIRST_ID),
    maxRecordBytes = 1_048_576,
    gatherMs = 0,
    waitMs = () => 50,
    heartbeatInterval = 3_000,
    retries = 0,
    handle = async () => {},
  } = options
  const kafka = createKafkaClient({ bootstrapServers: address.split(','), clientId: 'test', logger: quiet })
  const seen: Omit<Consuming, 'consumer' | 'close'> = {
    records: new Map(),
    batches: [],
    outOfRange: [],
    unreadable: [],
    unknown: [],
    crashes: [],
    joined: [],
    fetches: new Map(),
  }
  const consumer = createConsumer(
    kafka,
    { groupId: `of-${topic}`, heartbeatInterval, maxWaitTimeInMs: 50, retry: { retries, initialRetryTime: 100 } },
    {
      outOfRange: (at) => seen.outOfRange.push(at),
      unreadable: (at) => seen.unreadable.push(at),
      unknown: ({ partition }) => seen.unknown.push(partition),
      logIdOf: () => log,
      maxRecordBytes,
      gatherMs,
      waitMs,
    },
  )
  consumer.on(consumer.events.CRASH, ({ payload }) => void seen.crashes.push(String(payload.error)))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => void seen.joined.push(payload.memberId))
  consumer.on(consumer.events.FETCH_START, ({ payload }) => {
    const node = String(payload.nodeId)
    seen.fetches.set(node, (seen.fetches.get(node) ?? 0) + 1)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 2,
    eachBatch: async ({ batch }) => {
      seen.batches.push(batch)
      const records = seen.records.get(batch.partition) ?? []
      seen.records.set(batch.partition, records)
      for (const { value } of batch.messages) records.push(String(value))
      await handle(batch)
    },
  })
  return { ...seen, consumer, close: () => consumer.disconnect() }
}
