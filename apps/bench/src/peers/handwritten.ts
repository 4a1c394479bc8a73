// What a team writes by hand with the same parts: kafkajs, pg and ws. With MODE=each it is the usual service: `eachMessage`, one insert and one
// send for each event. With MODE=batch it is the expert's: `eachBatch`, one insert of many rows, auto-commit as kafkajs has it. Both deliver at least
// once: an event that is sent again or read again notifies again. They keep no numbers, no unread count and no dead letters, and no client can resume.
import { randomUUID } from 'node:crypto'
import { type EachBatchPayload, Kafka, type KafkaMessage, logLevel } from 'kafkajs'
import { readPeerEnvironment } from './environment.ts'
import { openNotificationTable } from './notification-table.ts'
import { listenForPeople } from './people.ts'

interface Notification {
  readonly id: string
  readonly person: string
  readonly title: string
  readonly body: string
}

const ROWS_PER_INSERT = 500

const { postgres, broker, topic, group, port } = readPeerEnvironment()
const pool = await openNotificationTable(postgres)
const people = listenForPeople(port)
const kafka = new Kafka({ clientId: 'hw', brokers: [broker], logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: false })
await consumer.run(
  process.env.MODE === 'batch'
    ? { partitionsConsumedConcurrently: 6, eachBatch }
    : { partitionsConsumedConcurrently: 6, eachMessage },
)
process.send?.('ready')

async function eachMessage({ message }: { readonly message: KafkaMessage }): Promise<void> {
  const made = notificationOf(message)
  if (made === undefined) return
  await pool.query('insert into hw_notification (id, person, title, body) values ($1,$2,$3,$4)', [
    made.id,
    made.person,
    made.title,
    made.body,
  ])
  send(made)
}

async function eachBatch({ batch: { messages }, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
  for (let from = 0; from < messages.length; from += ROWS_PER_INSERT) {
    const chunk = messages.slice(from, from + ROWS_PER_INSERT)
    const made = chunk.map(notificationOf).filter((one) => one !== undefined)
    if (made.length > 0)
      await pool.query(
        `insert into hw_notification (id, person, title, body)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])`,
        [
          made.map((one) => one.id),
          made.map((one) => one.person),
          made.map((one) => one.title),
          made.map((one) => one.body),
        ],
      )
    for (const one of made) send(one)
    const last = chunk.at(-1)
    if (last !== undefined) resolveOffset(last.offset)
    await heartbeat()
  }
}

function notificationOf({ value, headers }: KafkaMessage): Notification | undefined {
  const data = JSON.parse(String(value))
  if (String(headers?.ce_type) !== 'booking.created') return undefined
  return {
    id: randomUUID(),
    person: data.userId,
    title: `${data.resourceName} is booked`,
    body: `See you on ${new Date(data.startsAt).toUTCString()}.`,
  }
}

function send(notification: Notification): void {
  const text = JSON.stringify({ type: 'notification', ...notification })
  for (const socket of people.get(notification.person) ?? []) socket.send(text)
}
