import type { KafkaMessage } from '@belfry/contracts'
import type { Producer } from 'kafkajs'
import type { ClientBase, Pool } from 'pg'
import { inTransaction } from './in-transaction.ts'
import { whatIsRefused } from './what-is-refused.ts'

interface OutboxRow extends KafkaMessage {
  /** A bigint, as text. */
  readonly position: string
  readonly topic: string
}

/** After this many refusals an event is parked. */
const MAX_TRIES = 3

/**
 * Sends the oldest events of the outbox, at most `maxEvents`, and deletes them once Kafka has acknowledged them. Returns their number. If it
 * fails in between, the events are still in the outbox, and are sent again as the same events: with the same `source` and `id`, and in order.
 *
 * Events are deleted, instead of storing the last position that was sent, because a transaction that commits late adds lower positions.
 * @throws an error that names the event if Kafka refuses it. With `maxEvents` 1 that is counted, and the event is parked after three times.
 */
export async function sendOutbox(pool: Pool, producer: Producer, maxEvents: number): Promise<number> {
  const sent = await inTransaction(pool, async (client) => {
    // One relay sends the events of this table at a time. The end of the transaction releases this lock in any case, also through a pooler.
    const { rows: locks } = await client.query<{ ours: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('outbox relay'), 'outbox'::regclass::oid::int) as ours`,
    )
    if (locks[0]?.ours !== true) return 0
    // The events behind a parked one wait for it: an update that overtakes another would notify people of an old state.
    const { rows } = await client.query<OutboxRow>(
      `select position, topic, key, value, headers from outbox
      where not exists (select from outbox as other where other.parked is not null and other.topic = outbox.topic
        and (other.parked = 'topic' or other.key = outbox.key))
      order by position limit $1`,
      [maxEvents],
    )
    const [first] = rows
    if (first === undefined) return 0
    try {
      await sendRows(producer, rows)
    } catch (error) {
      if (rows.length > 1) throw error
      return countRefusal(client, first, error)
    }
    await client.query('delete from outbox where position = any($1::bigint[])', [rows.map(({ position }) => position)])
    return rows.length
  })
  if (sent instanceof Error) throw sent
  return sent
}

async function sendRows(producer: Producer, rows: readonly OutboxRow[]): Promise<void> {
  // Each send has the events of one key, and so of one partition. kafkajs 2.2.4 reports a batch for several partitions as sent even if one
  // of them was not, because its leader had moved to a broker that had already answered for another partition.
  const byKey = Map.groupBy(rows, ({ topic, key }) => JSON.stringify([topic, key]))
  const results = await Promise.allSettled(
    Array.from(byKey.values(), ([first, ...more]) => sendOneKey(producer, first, more)),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** Sends events of one topic and key, in their order. */
async function sendOneKey(producer: Producer, first: OutboxRow | undefined, more: readonly OutboxRow[]): Promise<void> {
  if (first === undefined) return
  const messages = [first, ...more].map(({ key, value, headers }) => ({ key, value, headers }))
  await producer.send({ topic: first.topic, acks: -1, messages })
}

/** Counts the refusal of an event, and parks it after the last try. Returns an error that names the event. */
async function countRefusal(client: ClientBase, { position, topic, key }: OutboxRow, error: unknown): Promise<Error> {
  const refused = whatIsRefused(error)
  const reason = error instanceof Error ? error.message : String(error)
  const name = `position ${position} of the outbox, topic ${topic}, key ${key}: ${reason}`
  if (refused === undefined) return new Error(name, { cause: error })
  const { rows } = await client.query<{ tries: number; parked: string | null }>(
    `update outbox set tries = tries + 1, parked = case when tries + 1 >= $2 then $3 end where position = $1
    returning tries, parked`,
    [position, MAX_TRIES, refused],
  )
  const isParked = rows[0]?.parked !== null
  const then = isParked
    ? `. It is parked: the later events of its ${refused} wait until you send it again or delete it`
    : ''
  return new Error(`${name}${then} (try ${rows[0]?.tries} of ${MAX_TRIES})`, { cause: error })
}
