import { kafkaLimits } from '../../limits.ts'
import { type Aborted, addNotes } from '../fetched-messages.ts'
import type { FetchAnswer, FetchedPartition, FetchedTopic } from '../internals/broker.ts'
import type { Decoder } from '../internals/exchange.ts'
import { internal, replace, responseOf } from '../internals/internals.ts'
import { errorOf } from '../protocol-error.ts'
import { decodeRecords, hasRoom, type WantedRecords } from '../records/decode-records.ts'
import type { Room } from '../records/record-parser.ts'
import { skipTags } from '../skip-tags.ts'

type Parse = (answer: FetchAnswer) => Promise<FetchAnswer>

/** The versions of kafkajs whose answers have record batches. */
export const OLDEST = 4
const NEWEST = 11
/** From this version on lengths are variable, and tagged fields follow each structure. */
const FLEXIBLE = 12
/** The first version that names topics by their ids. */
export const BY_ID = 13
const ID_LENGTH = 16
/** Errors of ids that kafkajs does not have: no such id, another id. Both mean that there is no such partition. */
const UNKNOWN_IDS = [100, 103]
const UNKNOWN_PARTITION = 3
/** No preferred replica. */
const NONE = -1

/** The errors of partitions are noted on their lists of messages. */
export function patchFetchResponse(): void {
  for (let version = OLDEST; version <= NEWEST; version++) replace(responseOf('fetch', version), 'parse', noteFailures)
}

/** What a request determines about how its answer is decoded. */
export interface DecodeOptions {
  /** The names of topics by their ids, where the request has those. */
  readonly names: ReadonlyMap<string, string>
  partition(topic: string, partition: number): WantedRecords
  /** Whether only as much is decoded as there is room for: the rest is fetched again. */
  readonly isBounded: boolean
}

/**
 * Returns a decoder of the answers of one version; from BY_ID on these have the ids of topics. Unlike kafkajs's own it keeps the offsets
 * that record batches cover without a record, aborted transactions, and which partition failed, so that the error of one partition does not
 * lose the records of the others.
 */
export function fetchDecoder(version: number): (bytes: Buffer, decodeOptions: DecodeOptions) => Promise<FetchAnswer> {
  const NewDecoder = internal('Decoder')
  const flexible = version >= FLEXIBLE
  const lengthOf = (decoder: Decoder) => (flexible ? decoder.readUVarInt() - 1 : decoder.readInt32())
  const endOf = (decoder: Decoder) => {
    if (flexible) skipTags(decoder)
  }
  /** A list, with the tagged fields of each element. */
  const list = <T>(decoder: Decoder, read: (decoder: Decoder) => T): readonly T[] => {
    const all: T[] = []
    for (let left = lengthOf(decoder); left > 0; left--) {
      all.push(read(decoder))
      endOf(decoder)
    }
    return all
  }
  const topicOf = (decoder: Decoder, { names }: DecodeOptions): string => {
    if (version < BY_ID) return decoder.readString() ?? ''
    const id = decoder.readBytes(ID_LENGTH).toString('base64url')
    const name = names.get(id)
    if (name === undefined) throw new Error(`the broker answers for a topic that was not requested: ${id}`)
    return name
  }

  /** A partition of an answer; its records are not decoded yet. */
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
      partition,
      errorCode,
      highWatermark,
      lastStableOffset,
      lastStartOffset,
      abortedTransactions,
      preferredReadReplica,
      bytes: size > 0 ? decoder.readBytes(size) : undefined,
    }
  }
  /** Undefined where there is no room left: it is fetched again. */
  const withMessages = async (
    { bytes, ...partition }: ReturnType<typeof decodePartition>,
    wanted: WantedRecords,
    room: Room,
  ): Promise<FetchedPartition | undefined> => {
    if (bytes !== undefined && !hasRoom(room)) return undefined
    const messages = bytes === undefined ? [] : await decodeRecords(bytes, wanted, room)
    const { abortedTransactions: aborted } = partition
    return { ...partition, messages: aborted.length > 0 ? addNotes(messages, { aborted }) : messages }
  }

  return async (bytes, decodeOptions) => {
    const decoder = new NewDecoder(bytes)
    // The tagged fields of the header.
    endOf(decoder)
    const throttle = decoder.readInt32()
    const session = version >= 7 ? { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() } : {}
    const topics = list(decoder, () => ({
      topicName: topicOf(decoder, decodeOptions),
      partitions: list(decoder, decodePartition).filter(hasContent),
    }))
    const most = decodeOptions.isBounded ? kafkaLimits.FETCH.most : Number.POSITIVE_INFINITY
    const room: Room = { records: most, decompressed: most }
    const responses: FetchedTopic[] = []
    for (const { topicName, partitions } of topics) {
      const all: FetchedPartition[] = []
      for (const one of partitions) {
        const decoded = await withMessages(one, decodeOptions.partition(topicName, one.partition), room)
        if (decoded !== undefined) all.push(decoded)
      }
      if (all.length > 0) responses.push({ topicName, partitions: all })
    }
    // From version 8 on the broker has not waited: the client has to.
    const throttled = version >= 8 ? { throttleTime: 0, clientSideThrottleTime: throttle } : { throttleTime: throttle }
    return { ...throttled, ...session, responses }
  }
}

/**
 * Most partitions have nothing new, and there are hundreds of answers a second: kafkajs would make a batch of each, pass it through its
 * queue and check for a heartbeat, in vain.
 */
const hasContent = (one: {
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
 * `parse` throws the error of the first partition that has one: it is called for each partition alone. It has no error of the whole answer:
 * where topics have ids, a broker that fails answers without any partition.
 */
const noteFailures =
  (parse: Parse): Parse =>
  async (answer) => {
    if (answer.errorCode !== undefined && answer.errorCode !== 0) throw errorOf(answer.errorCode)
    for (const { topicName, partitions } of answer.responses)
      for (const partition of partitions)
        if (partition.errorCode !== 0)
          await parse({ responses: [{ topicName, partitions: [partition] }] }).catch((error: unknown) =>
            addNotes(partition.messages, { failure: { error, unreadable: false } }),
          )
    return answer
  }
