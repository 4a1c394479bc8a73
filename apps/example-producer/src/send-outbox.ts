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
    await producer.sendBatch({
      acks: -1,
      topicMessages: rows.map(({ topic, key, value, headers }) => ({ topic, messages: [{ key, value, headers }] })),
    })
    await client.query('delete from outbox where position = any($1::bigint[])', [rows.map(({ position }) => position)])
    return rows.length
  })
}
