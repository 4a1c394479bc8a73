import type { Slice } from '@belfry/core'
import { sql, type Transaction } from 'kysely'
import { records } from './records.ts'
import type { Tables } from './tables.ts'

const columns = `topic text, partition int, "offset" bigint, event_source text, event_id text, type text, plugin text, handler text,
  code text, message text, key text, value text, headers text, recorded_at timestamptz`

/** Keeps what could not be told, with its original bytes. */
export async function writeDeadLetters(trx: Transaction<Tables>, slices: readonly Slice[], at: Date): Promise<void> {
  const rows = slices.flatMap(({ topic, partition, entries }) =>
    entries.flatMap(({ offset, event, deadLetters }) =>
      deadLetters.map(({ key, value, headers, timestamp, code, message, plugin, handler, type }) => ({
        ...{ topic, partition, offset, event_source: event?.source, event_id: event?.id, type, plugin, handler, code },
        message: storable(message),
        key: hex(key),
        value: hex(value),
        headers: JSON.stringify(
          Object.fromEntries(Object.entries(headers).map(([name, text]) => [storable(name), storable(text)])),
        ),
        recorded_at: new Date(timestamp),
      })),
    ),
  )
  if (rows.length === 0) return
  await sql`insert into dead_letter (topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message, key, value, headers, recorded_at, at)
    select topic, partition, "offset", event_source, event_id, type, plugin, handler, code, message,
      decode(key, 'hex'), decode(value, 'hex'), headers::jsonb, recorded_at, ${at.toISOString()}::timestamptz
    from ${records(rows, columns)}`.execute(trx)
}

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'))

/** What is kept to be read by people may show a replacement for what Postgres refuses: the bytes are kept as they were. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')
