import { createKafkaClient } from '@belfry/kafka'
import type { Draws } from '@belfry/test-services/random'
import { CompressionTypes, type Message, type Producer } from 'kafkajs'
import type { Planned } from './planned.ts'

const codecs = [
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.Snappy,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
]
export const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Writes records in batches of all sizes and codecs, and between them transactions, of which some are aborted. */
export interface Writer {
  /** How many records of each topic, by its logical name, are there to be read. */
  readonly written: ReadonlyMap<string, number>
  write(records: readonly Planned[]): Promise<void>
  /** Begins anew: brokers were away, or topics are others. */
  reconnect(): Promise<void>
  close(): Promise<void>
}

export interface WriterOptions {
  readonly bootstrap: readonly string[]
  /** Names of topics on the brokers. */
  readonly names: Readonly<Record<string, string>>
  readonly draws: Draws
}

export async function createWriter({ bootstrap, names, draws }: WriterOptions): Promise<Writer> {
  const connect = async () => {
    const kafka = createKafkaClient({ bootstrapServers: bootstrap, clientId: 'writer', logger: quiet })
    const transactionalId = `of ${names.booking}`
    // What it sends again, because it has not heard of an answer in time, is there once: the records are counted.
    const plain = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1, idempotent: true })
    const transactional = kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true })
    await Promise.all([plain.connect(), transactional.connect()])
    return { plain, transactional }
  }
  let producers = await connect()
  const close = async () => {
    await Promise.all([producers.plain.disconnect(), producers.transactional.disconnect()])
  }
  const written = new Map<string, number>()
  const messagesOf = (records: readonly Planned[]) =>
    [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, some]) => ({
      topic: names[topic] ?? topic,
      messages: some.map(({ partition, key, value, headers }): Message => {
        return { partition, key, value, headers: { ...headers } }
      }),
    }))
  const send = (to: Pick<Producer, 'sendBatch'>, records: readonly Planned[]) =>
    to.sendBatch({ compression: draws.one(codecs), topicMessages: messagesOf(records) })
  const inTransaction = async (records: readonly Planned[], end: 'commit' | 'abort') => {
    const transaction = await producers.transactional.transaction()
    await send(transaction, records)
    await transaction[end]()
  }
  /** Events that never happened, about what did: whoever tells of them tells what is not so. */
  const undone = (records: readonly Planned[]) =>
    records.filter(isSmall).map((one) => ({ ...one, headers: { ...one.headers, ce_id: `undone ${draws.below(1e9)}` } }))

  return {
    written,
    async write(records) {
      for (const part of inParts(records, draws)) {
        if (draws.chance(0.08)) await inTransaction(undone(part.slice(0, 5)), 'abort')
        await (draws.chance(0.08) ? inTransaction(part, 'commit') : send(producers.plain, part))
        for (const { topic } of part) written.set(topic, (written.get(topic) ?? 0) + 1)
      }
    },
    async reconnect() {
      await close()
      producers = await connect()
    },
    close,
  }
}

const isSmall = ({ value }: Planned): boolean => (value?.length ?? 0) < 100_000

/** Parts of 1 to 80 records in order; one that is large is a part of its own, for a broker takes no more at once. */
function inParts(records: readonly Planned[], draws: Draws): readonly (readonly Planned[])[] {
  const parts: Planned[][] = [[]]
  let room = 1 + draws.below(80)
  for (const one of records) {
    if (room-- === 0 || !isSmall(one) || !(parts.at(-1) ?? []).every(isSmall)) {
      parts.push([])
      room = draws.below(80)
    }
    parts.at(-1)?.push(one)
  }
  return parts.filter((part) => part.length > 0)
}
