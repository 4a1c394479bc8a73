import { coreErrors } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Repeat, Slice } from '../../ports/batches.ts'
import type { EventRef } from '../../ports/event-ref.ts'

/** An event that was dropped as a repeat although its content is not that of the event that was applied. */
export interface ReusedId {
  readonly event: EventRef
  readonly repeat: Repeat & Required<Pick<Repeat, 'other'>>
}

/** The repeats whose content is not that of the event that was applied, with their events. */
export function reusedIdsOf(
  slices: readonly Pick<Slice, 'topic' | 'partition' | 'entries'>[],
  repeats: readonly Repeat[],
): readonly ReusedId[] {
  return repeats.flatMap((repeat) => {
    const { topic, partition, offset, other } = repeat
    if (other === undefined) return []
    const slice = slices.find((one) => one.topic === topic && one.partition === partition)
    const event = slice?.entries.find((entry) => entry.offset === offset)?.event
    return event === undefined ? [] : { event, repeat: { ...repeat, other } }
  })
}

/** Logs one line for each, with the hashes of both contents and without their data. */
export function logReusedIds(reused: readonly ReusedId[], logger: Logger): void {
  for (const { event, repeat } of reused) {
    const { source, id, type, traceparent } = event
    const { topic, partition, offset, other } = repeat
    const { code, sentence, remedy } = coreErrors.EVENT_ID_REUSED({ source, id })
    const place = {
      topic,
      partition,
      offset,
      source,
      event: id,
      type,
      ...(traceparent !== undefined && { traceparent }),
    }
    logger.warn({ code, ...place, ...other, remedy }, sentence)
  }
}
