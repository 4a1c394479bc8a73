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
 * Sends the oldest events of the outbox, at most `maxEvents`, and deletes them once Kafka has acknowledged them. Returns their number. If it
 * fails in between, the events are still in the outbox, and are sent again as the same events: with the same `source` and `id`, and in order.
 *
 * Events are deleted, instead of storing the last position that was sent, because a transaction that commits late adds lower positions.
 */
export function sendOutbox(pool: Pool, producer: Producer, maxEvents: number): Promise<number> {
  return inTransaction(pool, async (client) => {
    // One relay sends at a time. The end of the transaction releases this lock in any case, also through a pooler.
    const { rows: locks } = await client.query<{ ours: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('outbox relay')) as ours`,
    )
    if (locks[0]?.ours !== true) return 0
    const { rows } = await client.query<OutboxRow>(
      'select position, topic, key, value, headers from outbox order by position limit $1',
      [maxEvents],
    )
    if (rows.length === 0) return 0
    // Each send has the events of one key, and so of one partition. kafkajs 2.2.4 reports a batch for several partitions as sent even if one
    // of them was not, because its leader had moved to a broker that had already answered for another partition.
    const byKey = Map.groupBy(rows, ({ topic, key }) => JSON.stringify([topic, key]))
    const results = await Promise.allSettled([...byKey.values()].map((events) => sendOneKey(producer, events)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
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
