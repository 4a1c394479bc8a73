import type { KafkaMessage } from '@belfry/contracts'
import type { Producer } from 'kafkajs'
import type { Pool } from 'pg'
import { inTransaction } from './in-transaction.ts'

interface OutboxRow extends KafkaMessage {
  /** A bigint, as text. */
  readonly position: string
  readonly topic: string
}

/**
 * Sends at most so many of the oldest events of the outbox, and deletes them once Kafka has acknowledged them; answers how many. Where
 * it breaks off in between, they are still there, and are sent again as the same events: the same `source` and `id`, and in order.
 *
 * Events are deleted, rather than a position remembered: who commits late has a lower position, and would be left behind.
 */
export function sendOutbox(pool: Pool, producer: Producer, most: number): Promise<number> {
  return inTransaction(pool, async (client) => {
    // One relay at a time: it goes with the transaction, however that ends, and also through a pooler.
    const { rows: locks } = await client.query<{ ours: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('outbox relay')) as ours`,
    )
    if (locks[0]?.ours !== true) return 0
    const { rows } = await client.query<OutboxRow>(
      'select position, topic, key, value, headers from outbox order by position limit $1',
      [most],
    )
    if (rows.length === 0) return 0
    // What has one key goes into one partition, and nothing else goes with it: of a batch for several partitions kafkajs (2.2.4) says that
    // it is sent where one of them was not, because its leader had moved to a broker that had answered for another.
    const keys = Map.groupBy(rows, ({ topic, key }) => JSON.stringify([topic, key]))
    const sent = await Promise.allSettled([...keys.values()].map((some) => sendOneKey(producer, some)))
    for (const one of sent) if (one.status === 'rejected') throw one.reason
    await client.query('delete from outbox where position = any($1::bigint[])', [rows.map(({ position }) => position)])
    return rows.length
  })
}

/** Sends events of one topic and key, in their order. */
async function sendOneKey(producer: Producer, rows: readonly OutboxRow[]): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const messages = rows.map(({ key, value, headers }) => ({ key, value, headers }))
  await producer.send({ topic: first.topic, acks: -1, messages })
}
