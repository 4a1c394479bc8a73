import type { Address, Broker } from '../kafkajs/internals/broker.ts'
import type { Encoder } from '../kafkajs/internals/exchange.ts'
import { internal } from '../kafkajs/internals/internals.ts'
import { errorOf } from '../kafkajs/protocol-error.ts'
import { skipTags } from '../kafkajs/skip-tags.ts'

/** What a broker says of a topic. */
export interface Topic {
  readonly name: string
  /** Kafka's error code: 0 where the topic is there. */
  readonly error: number
  /** The topic's own id: another one when it was deleted and made anew. Absent where the brokers are too old to have them. */
  readonly id?: string
  readonly partitions: number
  /** Those of them that no broker leads. */
  readonly unled: readonly number[]
  /** What we may do with it: a bit for each of Kafka's operations. Absent where it was not asked for, or the broker does not say. */
  readonly rights?: number
}

/** What a broker says of its cluster. */
export interface Overview {
  readonly brokers: readonly (Address & { readonly nodeId: number })[]
  readonly controllerId: number
  readonly topics: readonly Topic[]
}

const METADATA = 3
/** From this version on a broker says the ids of topics; from the other on a request may forbid to create them. */
const WITH_IDS = 10
const NEWEST = 12
const WITHOUT_CREATING = 4
const NO_ID = Buffer.alloc(16)
/** Said instead of rights where nothing is said of them. */
const NOT_SAID = -2_147_483_648

/**
 * Asks a broker for these topics and for its cluster; no topic is ever created by it. kafkajs asks in a version that knows no ids of
 * topics, and throws where one of them is missing. With `rights`, brokers that tell ids tell also what we may do with each.
 * @throws where the broker is too old to be asked so
 */
export async function askTopics(
  broker: Broker,
  topics: readonly string[],
  { rights = false }: { readonly rights?: boolean } = {},
): Promise<Overview> {
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
  // The header ends with its tagged fields, and kafkajs does not write them: none.
  encoder.writeUVarInt(0).writeUVarInt(topics.length + 1)
  for (const topic of topics) encoder.writeBuffer(NO_ID).writeUVarIntString(topic).writeUVarInt(0)
  encoder.writeBoolean(false)
  if (version === WITH_IDS) encoder.writeBoolean(false)
  return encoder.writeBoolean(rights).writeUVarInt(0)
}

function decode(version: number, bytes: Buffer): Overview {
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
  const topics = list((): Topic => {
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
    const rights = flexible ? decoder.readInt32() : NOT_SAID
    endOf()
    return {
      ...{ name, error, partitions: partitions.length },
      unled: partitions.filter(({ leader }) => leader < 0).map(({ partition }) => partition),
      ...(!id.equals(NO_ID) && { id: id.toString('base64url') }),
      ...(rights !== NOT_SAID && { rights }),
    }
  })
  return { brokers, controllerId, topics }
}
