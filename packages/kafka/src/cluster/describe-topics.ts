import type { Address, Broker } from '../kafkajs/internals/broker.ts'
import type { Encoder } from '../kafkajs/internals/exchange.ts'
import { internal } from '../kafkajs/internals/internals.ts'
import { errorOf } from '../kafkajs/protocol-error.ts'
import { skipTags } from '../kafkajs/skip-tags.ts'

/** What a broker reports about a topic. */
export interface TopicDescription {
  readonly name: string
  /** Kafka's error code: 0 where the topic exists. */
  readonly error: number
  /** The topic's id: a topic that is deleted and created again has another one. Absent where the brokers have no ids. */
  readonly id?: string
  readonly partitions: number
  /** The partitions that have no leader. */
  readonly unled: readonly number[]
  /** What the user may do with it: a bit for each of Kafka's operations. Absent where it was not requested, or the broker does not report it. */
  readonly rights?: number
}

/** What a broker reports about its cluster. */
export interface ClusterDescription {
  readonly brokers: readonly (Address & { readonly nodeId: number })[]
  readonly controllerId: number
  readonly topics: readonly TopicDescription[]
}

const METADATA = 3
/** Versions of the request: the first whose answer has the ids of topics, the newest one that is used, and the first that can forbid creating topics. */
const WITH_IDS = 10
const NEWEST = 12
const WITHOUT_CREATING = 4
const NO_ID = Buffer.alloc(16)
/** Stands for the rights where they are not reported. */
const NO_RIGHTS_REPORTED = -2_147_483_648

/**
 * Reads these topics and the cluster from a broker; no topic is created by that. kafkajs's own request has no ids, and throws where a topic
 * is missing. With `rights`, brokers that have ids report also what the user may do with each topic.
 * @throws Kafka's error 35 (UNSUPPORTED_VERSION) where the broker is too old for a request that creates no topics
 */
export async function describeTopics(
  broker: Broker,
  topics: readonly string[],
  { rights = false }: { readonly rights?: boolean } = {},
): Promise<ClusterDescription> {
  const newest = broker.versions[METADATA]?.maxVersion ?? 0
  if (newest < WITHOUT_CREATING) throw errorOf(35)
  const version = newest >= WITH_IDS ? Math.min(newest, NEWEST) : WITHOUT_CREATING
  return broker.connectionPool.send({
    request: {
      apiKey: METADATA,
      apiVersion: version,
      apiName: 'Metadata',
      encode: async () => encode(version, topics, rights),
    },
    response: { decode: async (bytes) => decode(version, bytes), parse: async (answer) => answer },
  })
}

function encode(version: number, topics: readonly string[], rights: boolean): Encoder {
  const encoder = new (internal('Encoder'))()
  if (version < WITH_IDS) return encoder.writeArray(topics).writeBoolean(false)
  // The header ends with tagged fields, which kafkajs does not write: there are none.
  encoder.writeUVarInt(0).writeUVarInt(topics.length + 1)
  for (const topic of topics) encoder.writeBuffer(NO_ID).writeUVarIntString(topic).writeUVarInt(0)
  encoder.writeBoolean(false)
  if (version === WITH_IDS) encoder.writeBoolean(false)
  return encoder.writeBoolean(rights).writeUVarInt(0)
}

function decode(version: number, bytes: Buffer): ClusterDescription {
  const decoder = new (internal('Decoder'))(bytes)
  const flexible = version >= WITH_IDS
  const string = () => (flexible ? decoder.readUVarIntString() : decoder.readString()) ?? ''
  const list = <T>(read: () => T) =>
    Array.from({ length: flexible ? decoder.readUVarInt() - 1 : decoder.readInt32() }, read)
  const numbers = () => list(() => decoder.readInt32())
  const endOf = () => {
    if (flexible) skipTags(decoder)
  }
  endOf()
  decoder.readInt32()
  const brokers = list(() => {
    const [nodeId, host, port] = [decoder.readInt32(), string(), decoder.readInt32()]
    string()
    endOf()
    return { nodeId, host, port }
  })
  string()
  const controllerId = decoder.readInt32()
  const topics = list((): TopicDescription => {
    const [error, name] = [decoder.readInt16(), string()]
    const id = flexible ? decoder.readBytes(NO_ID.length) : NO_ID
    decoder.readInt8()
    const partitions = list(() => {
      decoder.readInt16()
      const [partition, leader] = [decoder.readInt32(), decoder.readInt32()]
      if (flexible) decoder.readInt32()
      numbers()
      numbers()
      if (flexible) numbers()
      endOf()
      return { partition, leader }
    })
    const rights = flexible ? decoder.readInt32() : NO_RIGHTS_REPORTED
    endOf()
    return {
      name,
      error,
      partitions: partitions.length,
      unled: partitions.filter(({ leader }) => leader < 0).map(({ partition }) => partition),
      ...(!id.equals(NO_ID) && { id: id.toString('base64url') }),
      ...(rights !== NO_RIGHTS_REPORTED && { rights }),
    }
  })
  return { brokers, controllerId, topics }
}
