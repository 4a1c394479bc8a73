import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { answers } from './small-answers.ts'
import { type Decoder, decoder, encoder, type StoredBatch } from './wire.ts'

/** A partition of the small broker: its batches, the log's start, and what a test makes of it. */
export interface SmallPartition {
  batches: StoredBatch[]
  start: number
  /** Transactions that were aborted: from the first record to the marker, in the order in which they ended. */
  aborted: { readonly producer: number; readonly first: number; readonly last: number }[]
  /** Answered to fetches instead of records. */
  error: number
  /** The preferred replica: the node that consumers fetch from. */
  preferred: number
  leader: number
  /** Followers do not have what is asked for. */
  behind: boolean
}

/** A broker that answers exactly what a test wants, as a real one rarely does. One member in a group. */
export interface SmallBroker {
  readonly address: string
  readonly partitions: Map<string, SmallPartition>
  /** What clients asked for, in order: the api and, for a fetch, node and offset. */
  readonly asked: { readonly api: number; readonly node: number; readonly body: Decoder }[]
  readonly fetched: {
    readonly node: number
    readonly at: string
    readonly offset: number
    readonly size: number
    /** For how many milliseconds the client waits for records. */
    readonly wait: number
    readonly version: number
  }[]
  /** Nodes that take what they are asked, and answer nothing. */
  readonly hanging: Set<number>
  /** The node that coordinates the group. */
  coordinator: number
  /** A node answers fetches when this is done. */
  readonly held: Record<number, Promise<void>>
  /** The next answer to a fetch ends in its middle, and the connection with it. */
  cutting: boolean
  /** Answers of an api are given when this is done. */
  readonly waits: Map<number, Promise<void>>
  /** Answered to whole fetches, from version 7 on; then nothing is said of any partition. */
  refusal: number
  /** The group knows its member no more, until it joins again. */
  expelled: boolean
  /** The members that were said to leave. */
  readonly left: string[]
  /** The topic's id, as sixteen bytes in hex. */
  id: string
  /** The topic is not there. */
  gone?: boolean
  /** How many times it answers that another broker coordinates the group. */
  unsettled: number
  /** The address that the brokers advertise, instead of their own. */
  advertised?: number
  /** What the group's member is assigned, instead of what it has chosen itself. */
  assignment?: Record<string, number[]>
  readonly committed: { readonly at: string; readonly offset: number }[]
  /** api key → oldest and newest version. */
  readonly versions: Map<number, readonly [number, number]>
  readonly ports: readonly number[]
  /** Ends all connections in order, or breaks them off. */
  drop(how: 'ended' | 'reset'): void
  close(): Promise<void>
}

const FETCH = 1

/** The id that the topic has at first. */
export const FIRST_ID = '000102030405060708090a0b0c0d0eff'

/** The same, as Kafka's own tools write it. */
export const idOf = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')

/** Starts one with these partitions of the topic `events`, on one node or more. */
export async function smallBroker(partitions = 1, nodes = 1): Promise<SmallBroker> {
  const sockets = new Set<Socket>()
  const ports: number[] = []
  const broker: SmallBroker = {
    get address() {
      return `localhost:${ports[0]}`
    },
    partitions: new Map(
      Array.from({ length: partitions }, (_, index) => [
        `events-${index}`,
        { batches: [], start: 0, aborted: [], error: 0, preferred: -1, leader: 1, behind: false },
      ]),
    ),
    asked: [],
    fetched: [],
    hanging: new Set(),
    coordinator: 1,
    held: {},
    cutting: false,
    expelled: false,
    waits: new Map(),
    refusal: 0,
    left: [],
    unsettled: 0,
    id: FIRST_ID,
    committed: [],
    versions: new Map([
      [1, [4, 11]],
      [2, [0, 1]],
      [0, [3, 7]],
      [3, [4, 4]],
      [8, [0, 2]],
      [9, [1, 1]],
      [10, [0, 0]],
      [11, [0, 1]],
      [12, [0, 0]],
      [13, [0, 0]],
      [14, [0, 0]],
      [15, [0, 0]],
      [17, [0, 1]],
      [18, [0, 2]],
      [36, [0, 0]],
    ]),
    ports,
    drop(how) {
      for (const socket of sockets) how === 'ended' ? socket.end() : socket.resetAndDestroy()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
    },
  }
  const servers = Array.from({ length: nodes }, (_, index) => createServer((socket) => serve(socket, index + 1)))
  for (const server of servers) {
    server.listen(0, 'localhost')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
  }

  function serve(socket: Socket, node: number): void {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    let rest = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = rest.readInt32BE(0)
        void answer(rest.subarray(4, 4 + size))
        rest = rest.subarray(4 + size)
      }
    })
    async function answer(bytes: Buffer): Promise<void> {
      const request = decoder(bytes)
      const [api, version, id] = [request.readInt16(), request.readInt16(), request.readInt32()]
      request.readString()
      broker.asked.push({ api, node, body: request })
      if (broker.hanging.has(node)) return
      const say = answers[api]
      if (say === undefined) return void socket.destroy()
      await broker.waits.get(api)
      const body = await say(broker, request, version, node)
      const whole = encoder().writeBytes(encoder().writeInt32(id).writeEncoder(body).buffer).buffer
      if (broker.cutting && api === FETCH) {
        broker.cutting = false
        socket.write(whole.subarray(0, whole.length / 2))
        setTimeout(() => socket.resetAndDestroy(), 50)
      } else if (socket.writable) socket.write(whole)
    }
  }
  return broker
}
