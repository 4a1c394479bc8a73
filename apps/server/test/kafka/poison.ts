import type { Draws } from '@belfry/test-services/random'
import { COMPACTED, PARTITIONS, type Planned, topics } from './planned.ts'

const structured = { 'content-type': 'application/cloudevents+json' }
const binary = (type: string, id: string) => ({
  ce_specversion: '1.0',
  ce_id: id,
  ce_source: '/poison',
  ce_type: type,
  'content-type': 'application/json',
})
/** Too large to be sent with others, and just small enough for a broker. */
const LARGE = 900_000

/** What a topic should not hold, and holds all the same. Its keys are its own: nothing is compacted away by it. */
export function poisonOf(draws: Draws, number: number): Planned {
  const topic = draws.one(topics)
  const key = `poison ${number}`
  const place = { topic, partition: draws.below(PARTITIONS), key }
  const kinds: readonly (() => Planned)[] = [
    () => ({ ...place, value: '{"specversion":', headers: structured }),
    () => ({ ...place, value: Buffer.from([0xff, 0x00, 0xc3, 0x28]), headers: binary('booking.created', key) }),
    () => ({ ...place, value: '[]', headers: structured }),
    () => ({ ...place, value: '{"bookingId":7,"userId":null}', headers: binary('booking.created', key) }),
    () => ({
      ...place,
      value: '{"requestId":"a","to":{},"title":"a\\u0000","body":"\\ud800"}',
      headers: binary('notification.requested', key),
    }),
    () => ({ ...place, value: null, headers: {} }),
    () => ({ ...place, value: '{}', headers: binary('weather.changed', key) }),
    () => ({ ...place, value: 'x'.repeat(LARGE), headers: binary('weather.changed', key) }),
    () => ({ ...place, value: `"${'y'.repeat(LARGE)}"`, headers: binary('waitlist.added', key) }),
    () => ({ ...place, value: 'neither', headers: {} }),
    // Without a key nobody can write to a topic that is compacted.
    () => ({ ...place, ...(topic !== COMPACTED && { key: null }), value: '', headers: structured }),
  ]
  return draws.one(kinds)()
}
