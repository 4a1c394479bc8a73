import { setTimeout as pass } from 'node:timers/promises'
import { AssignerProtocol } from 'kafkajs'
import type { SmallBroker } from './small-broker.ts'
import { type Decoder, type Encoder, encoder } from './wire.ts'

type Answer = (broker: SmallBroker, request: Decoder, version: number, node: number) => Encoder | Promise<Encoder>

const OUT_OF_RANGE = 1
const UNKNOWN = 3
const NO_LEADER = 5
const NOT_COORDINATOR = 16
const UNKNOWN_MEMBER = 25
const FORBIDDEN = 29
const CLUSTER_FORBIDDEN = 31
const NOT_LET_IN = 58
const NAME_REQUIRED = 79
const UNKNOWN_ID = 100
const NONE = Buffer.alloc(0)
/** The answer for a partition that cannot be read. */
const NOTHING = { end: -1, aborted: [], preferred: -1, bytes: NONE }

/** What the small broker answers, by api key. Each in the one version that it offers. */
export const answers: Readonly<Record<number, Answer>> = {
  1: async (broker, request, version, node) => {
    const { answer, list, records, tags, topic, asked } = inVersion(version, request, broker)
    asked.tags()
    request.readInt32()
    const wait = request.readInt32()
    request.readInt32()
    request.readInt32()
    request.readInt8()
    if (version >= 7) [request.readInt32(), request.readInt32()]
    const topics = asked.list(() => ({
      ...asked.topic(),
      partitions: asked.list(() => {
        const partition = request.readInt32()
        if (version >= 9) request.readInt32()
        const offset = Number(request.readInt64())
        if (version >= 12) request.readInt32()
        if (version >= 5) request.readInt64()
        request.readInt32()
        return { partition, offset }
      }),
    }))
    const descriptions = topics.map(({ id, name, partitions }) => ({
      id,
      partitions: partitions.map(({ partition, offset }) => {
        const at = `${name}-${partition}`
        const read = name === 'events' ? readAt(broker, at, offset, node) : { ...NOTHING, error: UNKNOWN_ID }
        broker.fetched.push({ node, at, offset, size: read.bytes.length, wait, version })
        return { partition, ...read }
      }),
    }))
    if (descriptions.every(({ partitions }) => partitions.every((one) => one.error === 0 && one.bytes.length === 0)))
      await pass(Math.min(wait, 20))
    await broker.held[node]
    tags()
    answer.writeInt32(0)
    if (version >= 7) answer.writeInt16(broker.refusal).writeInt32(0)
    list(broker.refusal === 0 ? descriptions : [], ({ id, partitions }) => {
      topic(id)
      list(partitions, ({ partition, error, end, aborted, preferred, bytes }) => {
        answer.writeInt32(partition).writeInt16(error).writeInt64(end).writeInt64(end)
        if (version >= 5) answer.writeInt64(0)
        list(aborted, ({ producer, first }) => answer.writeInt64(producer).writeInt64(first))
        if (version >= 11) answer.writeInt32(preferred)
        records(bytes)
      })
    })
    tags()
    return answer
  },
  2: (broker, request) => {
    request.readInt32()
    const topics = request.readArray(() => ({
      topic: request.readString(),
      partitions: request.readArray(() => ({ partition: request.readInt32(), time: request.readInt64() })),
    }))
    return encoder().writeArray(
      topics.map(({ topic, partitions }) =>
        encoder()
          .writeString(topic)
          .writeArray(
            partitions.map(({ partition, time }) => {
              const { start, batches } = broker.partitions.get(`${topic}-${partition}`) ?? { start: 0, batches: [] }
              const end = (batches.at(-1)?.last ?? start - 1) + 1
              return encoder()
                .writeInt32(partition)
                .writeInt16(0)
                .writeInt64(-1)
                .writeInt64(time === -2n ? start : end)
            }),
          ),
      ),
    )
  },
  3: (broker, request) =>
    encoder()
      .writeInt32(0)
      .writeArray(
        broker.ports.map((port, index) =>
          encoder()
            .writeInt32(index + 1)
            .writeString('localhost')
            .writeInt32(broker.advertised ?? port)
            .writeString(null),
        ),
      )
      .writeString('small')
      .writeInt32(1)
      .writeArray(
        request
          .readArray(() => request.readString())
          .map((topic) => {
            const there = topic === 'events' && !broker.gone
            const partitions = there ? [...broker.partitions.values()] : []
            return encoder()
              .writeInt16(there ? 0 : topic === 'secret' ? FORBIDDEN : UNKNOWN)
              .writeString(topic)
              .writeInt8(0)
              .writeArray(
                partitions.map(({ leader }, index) =>
                  encoder()
                    .writeInt16(leader === -1 ? NO_LEADER : 0)
                    .writeInt32(index)
                    .writeInt32(leader)
                    .writeArray([1])
                    .writeArray([1]),
                ),
              )
          }),
      ),
  8: (broker, request) => {
    request.readString()
    request.readInt32()
    request.readString()
    request.readInt64()
    const topics = request.readArray(() => ({
      topic: request.readString(),
      partitions: request.readArray(() => {
        const partition = request.readInt32()
        const offset = Number(request.readInt64())
        request.readString()
        return { partition, offset }
      }),
    }))
    for (const { topic, partitions } of topics)
      for (const { partition, offset } of partitions) broker.committed.push({ at: `${topic}-${partition}`, offset })
    return encoder().writeArray(
      topics.map(({ topic, partitions }) =>
        encoder()
          .writeString(topic)
          .writeArray(partitions.map(({ partition }) => encoder().writeInt32(partition).writeInt16(0))),
      ),
    )
  },
  9: (broker, request) => {
    const error = broker.unsettled-- > 0 ? NOT_COORDINATOR : 0
    request.readString()
    const topics = request.readArray(() => ({
      topic: request.readString(),
      partitions: request.readArray(() => request.readInt32()),
    }))
    return encoder().writeArray(
      topics.map(({ topic, partitions }) =>
        encoder()
          .writeString(topic)
          .writeArray(
            partitions.map((one) => encoder().writeInt32(one).writeInt64(-1).writeString(null).writeInt16(error)),
          ),
      ),
    )
  },
  10: ({ ports, coordinator }) =>
    encoder()
      .writeInt16(0)
      .writeInt32(coordinator)
      .writeString('localhost')
      .writeInt32(ports[coordinator - 1] ?? 0),
  11: (_, request, version) => {
    request.readString()
    request.readInt32()
    request.readInt32()
    const name = request.readString()
    const member = name || 'member-1'
    request.readString()
    const [protocol] = request.readArray(() => ({ name: request.readString(), metadata: request.readBytes() }))
    const answer = version >= 2 ? encoder().writeInt32(0) : encoder()
    // From version 4 on a member receives its name first.
    return answer
      .writeInt16(version >= 4 && name === '' ? NAME_REQUIRED : 0)
      .writeInt32(1)
      .writeString(protocol?.name ?? null)
      .writeString(member)
      .writeString(member)
      .writeArray([
        encoder()
          .writeString(member)
          .writeBytes(protocol?.metadata ?? NONE),
      ])
  },
  12: ({ expelled }) => encoder().writeInt16(expelled ? UNKNOWN_MEMBER : 0),
  13: (broker, request) => {
    request.readString()
    const member = request.readString() ?? ''
    broker.left.push(member)
    return encoder().writeInt16(member === 'member-1' ? 0 : UNKNOWN_MEMBER)
  },
  14: ({ assignment }, request) => {
    request.readString()
    request.readInt32()
    request.readString()
    const [own] = request.readArray(() => ({ member: request.readString(), assignment: request.readBytes() }))
    return encoder()
      .writeInt16(0)
      .writeBytes(
        assignment === undefined
          ? (own?.assignment ?? NONE)
          : AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: NONE }),
      )
  },
  17: () =>
    encoder()
      .writeInt16(0)
      .writeArray([encoder().writeString('PLAIN')]),
  18: (broker, _, version) => {
    const versions = [...broker.versions].map(([api, [oldest, newest]]) =>
      encoder().writeInt16(api).writeInt16(oldest).writeInt16(newest),
    )
    const answer = encoder().writeInt16(0).writeArray(versions)
    return version >= 1 ? answer.writeInt32(0) : answer
  },
  32: () =>
    encoder()
      .writeInt32(0)
      .writeArray([
        encoder().writeInt16(CLUSTER_FORBIDDEN).writeString('no').writeInt8(4).writeString('1').writeArray([]),
      ]),
  36: () => encoder().writeInt16(NOT_LET_IN).writeString('wrong user or password').writeBytes(NONE),
}

/** How fetches are asked and answered in a version: from 12 on with short lengths and tagged fields, from 13 on by ids of topics. */
function inVersion(version: number, request: Decoder, broker: SmallBroker) {
  const answer = encoder()
  const isFlexible = version >= 12
  const isById = version >= 13
  const tags = () => {
    // One unknown field, and its three bytes.
    if (isFlexible) answer.writeUVarInt(1).writeUVarInt(99).writeUVarInt(3).writeBuffer(Buffer.from('any'))
  }
  const skip = () => {
    if (isFlexible && request.readUVarInt() > 0) throw new Error('nothing is tagged that this broker knows')
  }
  return {
    answer,
    tags,
    list<T>(all: readonly T[], write: (one: T) => void) {
      if (isFlexible) answer.writeUVarInt(all.length + 1)
      else answer.writeInt32(all.length)
      for (const one of all) {
        write(one)
        tags()
      }
    },
    records: (bytes: Buffer) =>
      isFlexible ? answer.writeUVarInt(bytes.length + 1).writeBuffer(bytes) : answer.writeBytes(bytes),
    topic: (id: string) => (isById ? answer.writeBuffer(Buffer.from(id, 'hex')) : answer.writeString(id)),
    asked: {
      tags: skip,
      topic() {
        const id = (isById ? request.readBytes(16).toString('hex') : request.readString()) ?? ''
        return { id, name: isById && id === broker.id ? 'events' : id }
      },
      list<T>(read: () => T): readonly T[] {
        if (!isFlexible) return request.readArray(read)
        return Array.from({ length: request.readUVarInt() - 1 }, () => {
          const one = read()
          skip()
          return one
        })
      },
    },
  }
}

/** Whole batches from the one that has the offset on, at most two: as a broker does. */
function readAt(broker: SmallBroker, at: string, offset: number, node: number) {
  const partition = broker.partitions.get(at)
  if (partition === undefined) return { ...NOTHING, error: UNKNOWN }
  const { batches, start, aborted, error, preferred, behind, leader } = partition
  const end = (batches.at(-1)?.last ?? start - 1) + 1
  const failed = broker.gone
    ? UNKNOWN
    : error !== 0
      ? error
      : offset < start || offset > end || (behind && node !== leader)
        ? OUT_OF_RANGE
        : 0
  if (failed !== 0) return { ...NOTHING, error: failed }
  if (preferred !== -1 && preferred !== node) return { error: 0, end, aborted: [], preferred, bytes: NONE }
  const read = batches.filter(({ last }) => last >= offset).slice(0, 2)
  return {
    error: 0,
    end,
    aborted: aborted.filter(({ first, last }) => last >= offset && first <= (read.at(-1)?.last ?? -1)),
    preferred: -1,
    bytes: Buffer.concat(read.map((batch) => batch.bytes)),
  }
}
