import { kafkaLimits } from '../../limits.ts'
import type { FetchAnswer, FetchedPartition, FetchedTopic } from '../internals/broker.ts'
import type { Decoder } from '../internals/exchange.ts'
import { internal, replace, responseOf } from '../internals/internals.ts'
import { errorOf } from '../protocol-error.ts'
import { type Aborted, note } from '../read.ts'
import { type Asked, decodeRecords, hasRoom } from '../records/decode-records.ts'
import type { Room } from '../records/record-parser.ts'
import { skipTags } from '../skip-tags.ts'

type Parse = (answer: FetchAnswer) => Promise<FetchAnswer>

/** The versions that kafkajs has and that hold record batches. */
export const OLDEST = 4
const NEWEST = 11
/** From this version on lengths are written as short as they can be, and tagged fields follow everything. */
const FLEXIBLE = 12
/** The first version that names topics by their ids. */
export const BY_ID = 13
const ID_LENGTH = 16
/** Errors of ids that kafkajs does not know: no such id, another id. Both mean that this partition is not there. */
const UNKNOWN_IDS = [100, 103]
const UNKNOWN_PARTITION = 3
/** No replica is nearer than the leader. */
const NONE = -1

/** The errors of partitions are noted where their records would be. */
export function patchFetchResponse(): void {
  for (let version = OLDEST; version <= NEWEST; version++) replace(responseOf('fetch', version), 'parse', noteFailures)
}

/** What was asked for, as it decides how an answer is read. */
export interface Question {
  /** The names of topics by their ids, where they are asked for by those. */
  readonly names: ReadonlyMap<string, string>
  partition(topic: string, partition: number): Asked
  /** Whether no more is decoded than there is room for: the rest is asked for again. */
  readonly isBounded: boolean
}

/**
 * Reads fetch answers of a version; from BY_ID on they name topics by ids. They keep what kafkajs forgets: the offsets that record batches
 * cover without a record, aborted transactions, and which partition failed, so that one partition's error does not throw away the records
 * of the others.
 */
export function fetchDecoder(version: number): (bytes: Buffer, question: Question) => Promise<FetchAnswer> {
  const NewDecoder = internal('Decoder')
  const flexible = version >= FLEXIBLE
  const lengthOf = (decoder: Decoder) => (flexible ? decoder.readUVarInt() - 1 : decoder.readInt32())
  const endOf = (decoder: Decoder) => {
    if (flexible) skipTags(decoder)
  }
  /** A list, and what is tagged on each of it. */
  const list = <T>(decoder: Decoder, read: (decoder: Decoder) => T): readonly T[] => {
    const all: T[] = []
    for (let left = lengthOf(decoder); left > 0; left--) {
      all.push(read(decoder))
      endOf(decoder)
    }
    return all
  }
  const topicOf = (decoder: Decoder, { names }: Question): string => {
    if (version < BY_ID) return decoder.readString() ?? ''
    const id = decoder.readBytes(ID_LENGTH).toString('base64url')
    const name = names.get(id)
    if (name === undefined) throw new Error(`the broker answers for a topic that it was not asked for: ${id}`)
    return name
  }

  /** What is said of a partition, whose records are still bytes. */
  const decodePartition = (decoder: Decoder) => {
    const partition = decoder.readInt32()
    const code = decoder.readInt16()
    const highWatermark = decoder.readInt64().toString()
    const lastStableOffset = decoder.readInt64().toString()
    // kafkajs's name for the log's start offset.
    const lastStartOffset = version >= 5 ? decoder.readInt64().toString() : undefined
    const abortedTransactions = list(decoder, decodeAborted)
    const preferredReadReplica = version >= 11 ? decoder.readInt32() : NONE
    const size = lengthOf(decoder)
    const errorCode = version >= BY_ID && UNKNOWN_IDS.includes(code) ? UNKNOWN_PARTITION : code
    return {
      ...{ partition, errorCode, highWatermark, lastStableOffset, lastStartOffset, abortedTransactions },
      ...{ preferredReadReplica, bytes: size > 0 ? decoder.readBytes(size) : undefined },
    }
  }
  /** Nothing where there is no room left: it is asked for again. */
  const withMessages = async (
    { bytes, ...partition }: ReturnType<typeof decodePartition>,
    asked: Asked,
    room: Room,
  ): Promise<FetchedPartition | undefined> => {
    if (bytes !== undefined && !hasRoom(room)) return undefined
    const messages = bytes === undefined ? [] : await decodeRecords(bytes, asked, room)
    const { abortedTransactions: aborted } = partition
    return { ...partition, messages: aborted.length > 0 ? note(messages, { aborted }) : messages }
  }

  return async (bytes, question) => {
    const decoder = new NewDecoder(bytes)
    // The header's.
    endOf(decoder)
    const throttle = decoder.readInt32()
    const session = version >= 7 ? { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() } : {}
    const topics = list(decoder, () => ({
      topicName: topicOf(decoder, question),
      partitions: list(decoder, decodePartition).filter(saysSomething),
    }))
    const most = question.isBounded ? kafkaLimits.FETCH.most : Number.POSITIVE_INFINITY
    const room: Room = { records: most, decompressed: most }
    const responses: FetchedTopic[] = []
    for (const { topicName, partitions } of topics) {
      const all: FetchedPartition[] = []
      for (const one of partitions) {
        const decoded = await withMessages(one, question.partition(topicName, one.partition), room)
        if (decoded !== undefined) all.push(decoded)
      }
      if (all.length > 0) responses.push({ topicName, partitions: all })
    }
    // From version 8 on the broker has not waited: the client is to.
    const throttled = version >= 8 ? { throttleTime: 0, clientSideThrottleTime: throttle } : { throttleTime: throttle }
    return { ...throttled, ...session, responses }
  }
}

/**
 * Most partitions have nothing new, and answers come hundreds of times a second: kafkajs makes a batch of each, takes it through its queue
 * and asks whether a heartbeat is due, to no end.
 */
const saysSomething = (one: {
  readonly errorCode: number
  readonly abortedTransactions: readonly Aborted[]
  readonly preferredReadReplica: number
  readonly bytes: Buffer | undefined
}): boolean =>
  one.bytes !== undefined ||
  one.errorCode !== 0 ||
  one.abortedTransactions.length > 0 ||
  one.preferredReadReplica !== NONE

const decodeAborted = (decoder: Decoder): Aborted => ({
  producerId: decoder.readInt64().toString(),
  firstOffset: decoder.readInt64().toString(),
})

/**
 * `parse` throws the error of the first partition that has one: it is asked for each alone. It knows no error of the whole: since topics are
 * named by ids, a broker that fails says nothing of any partition.
 */
const noteFailures =
  (parse: Parse): Parse =>
  async (answer) => {
    if (answer.errorCode !== undefined && answer.errorCode !== 0) throw errorOf(answer.errorCode)
    for (const { topicName, partitions } of answer.responses)
      for (const partition of partitions)
        if (partition.errorCode !== 0)
          await parse({ responses: [{ topicName, partitions: [partition] }] }).catch((error: unknown) =>
            note(partition.messages, { failure: { error, unreadable: false } }),
          )
    return answer
  }
