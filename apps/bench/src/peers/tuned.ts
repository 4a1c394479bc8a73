// The expert's service (handwritten.ts, MODE=batch), tuned: larger fetches; offsets committed beside the path and not in it; inserts of several chunks
// under way at once, as prepared statements whose columns are texts that Postgres splits; ids in the order of time, which its index takes more cheaply;
// frames made once as bytes, and the frames of one socket in one write. It does what handwritten.ts does, and promises as little.
import { randomBytes } from 'node:crypto'
import { type EachBatchPayload, Kafka, type KafkaMessage, logLevel } from 'kafkajs'
import type { WebSocket } from 'ws'
import { readPeerEnvironment } from './environment.ts'
import { openNotificationTable } from './notification-table.ts'
import { listenForPeople } from './people.ts'

interface Notification {
  readonly id: string
  readonly person: string
  readonly title: string
  readonly body: string
}

const ROWS_PER_INSERT = 1_000
const COMMIT_INTERVAL_MS = 1_000
/** Stands between the values of a column, and so never in one. */
const SEPARATOR = '\u001f'
const BOOKING_CREATED = Buffer.from('booking.created')

const { postgres, broker, topic, group, port } = readPeerEnvironment()
const pool = await openNotificationTable(postgres)
const people = listenForPeople(port)
const done = new Map<number, bigint>()
const kafka = new Kafka({ clientId: 'tuned', brokers: [broker], logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({
  groupId: group,
  maxWaitTimeInMs: 500,
  minBytes: 1,
  maxBytesPerPartition: 4 * 1_024 * 1_024,
  maxBytes: 32 * 1_024 * 1_024,
})
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: false })
await consumer.run({ partitionsConsumedConcurrently: 6, autoCommit: false, eachBatchAutoResolve: true, eachBatch })
setInterval(() => void commit().catch(() => {}), COMMIT_INTERVAL_MS)
process.send?.('ready')

async function eachBatch({ batch: { messages, partition }, heartbeat }: EachBatchPayload): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(messages.length / ROWS_PER_INSERT) }, (_, index) =>
    messages
      .slice(index * ROWS_PER_INSERT, (index + 1) * ROWS_PER_INSERT)
      .map(notificationOf)
      .filter((one) => one !== undefined),
  )
  const inserts = chunks.map(insert)
  for (const [index, made] of chunks.entries()) {
    await inserts[index]
    send(made)
  }
  const last = messages.at(-1)
  if (last !== undefined) done.set(partition, BigInt(last.offset) + 1n)
  await heartbeat()
}

async function insert(made: readonly Notification[]): Promise<void> {
  if (made.length === 0) return
  const column = (pick: (one: Notification) => string) => made.map(pick).join(SEPARATOR)
  await pool.query({
    name: 'insert',
    text: `insert into hw_notification (id, person, title, body)
           select id::uuid, person, title, body from unnest(
             string_to_array($1, e'\\x1f'), string_to_array($2, e'\\x1f'),
             string_to_array($3, e'\\x1f'), string_to_array($4, e'\\x1f')) as t (id, person, title, body)`,
    values: [
      column((one) => one.id),
      column((one) => one.person),
      column((one) => one.title),
      column((one) => one.body),
    ],
  })
}

function notificationOf({ value, headers }: KafkaMessage): Notification | undefined {
  const type = headers?.ce_type
  if (!Buffer.isBuffer(type) || !type.equals(BOOKING_CREATED)) return undefined
  const data = JSON.parse(String(value))
  const title = `${data.resourceName} is booked`.replaceAll(SEPARATOR, ' ')
  return { id: nextId(), person: data.userId, title, body: `See you on ${new Date(data.startsAt).toUTCString()}.` }
}

/** Sends the frames of each socket in one write. */
function send(made: readonly Notification[]): void {
  const frames = new Map<WebSocket, Buffer[]>()
  for (const { id, person, title, body } of made) {
    const sockets = people.get(person)
    if (sockets === undefined || sockets.size === 0) continue
    const frame = frameOf(
      `{"type":"notification","id":"${id}","person":${JSON.stringify(person)},"title":${JSON.stringify(title)},"body":${JSON.stringify(body)}}`,
    )
    for (const socket of sockets) {
      const waiting = frames.get(socket)
      if (waiting === undefined) frames.set(socket, [frame])
      else waiting.push(frame)
    }
  }
  for (const [socket, waiting] of frames) {
    const [first] = waiting
    const { _socket: stream } = socket as unknown as { readonly _socket: NodeJS.WritableStream }
    if (first !== undefined) stream.write(waiting.length === 1 ? first : Buffer.concat(waiting))
  }
}

/** A text frame of WebSocket, unmasked as a server sends it. */
function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const header = length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = 0x81
  frame[1] = Math.min(length, 126)
  if (length >= 126) frame.writeUInt16BE(length, 2)
  frame.write(text, header)
  return frame
}

let counter = randomBytes(6).readUIntBE(0, 6)
/** A UUID (version 7) that is greater than those before it. */
function nextId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  counter = (counter + 1) % 2 ** 48
  const rest = counter.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}`
}

async function commit(): Promise<void> {
  const offsets = [...done].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }))
  done.clear()
  if (offsets.length > 0) await consumer.commitOffsets(offsets)
}
