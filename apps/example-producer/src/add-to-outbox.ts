import type { KafkaMessage } from '@belfry/contracts'
import type { ClientBase } from 'pg'

/**
 * Writes an event, as `toKafka` of its contract returns it, into the outbox. The caller's transaction also writes the change that the
 * event describes, so that neither is kept without the other. The contract has checked the event: a mistake fails here, where the caller
 * can report it, and not in the relay.
 */
export async function addToOutbox(
  client: ClientBase,
  { topic, messages }: { readonly topic: string; readonly messages: readonly KafkaMessage[] },
): Promise<void> {
  for (const { key, value, headers } of messages)
    await client.query('insert into outbox (topic, key, value, headers) values ($1, $2, $3, $4)', [
      topic,
      key,
      value,
      headers,
    ])
}
