import type { KafkaMessage } from '@belfry/contracts'
import type { ClientBase } from 'pg'

/**
 * Puts an event, as `toKafka` of its contract answers it, into the outbox: in the transaction of what it tells, so that there is never
 * one without the other. The contract has checked it by then: what is wrong fails here, and not in the relay, where nobody can answer.
 */
export async function addToOutbox(
  client: ClientBase,
  { topic, messages }: { readonly topic: string; readonly messages: readonly KafkaMessage[] },
): Promise<void> {
  for (const { key, value, headers } of messages)
    await client.query('insert into outbox (topic, key, value, headers) values ($1, $2, $3, $4)', [
      ...[topic, key, value],
      headers,
    ])
}
