import { momentOf } from '@belfry/contracts'
import type { BelfryError } from '@belfry/contracts/errors'
import type { Logger } from '../logger.ts'
import type { Slice } from '../ports/batches.ts'
import { clipMessage } from '../ports/cut-letter.ts'
import type { DeadLetter } from '../ports/dead-letter.ts'
import type { SourceRecord } from '../ports/source.ts'

/** What is kept of a record that could not be read, or of its event where a plugin failed. */
export function deadLetterOf(
  record: Omit<SourceRecord, 'offset'>,
  error: BelfryError,
  where: Pick<DeadLetter, 'type' | 'identity' | 'plugin' | 'handler'>,
): DeadLetter {
  const { key, value, headers, timestamp, unread } = record
  const { type, identity, plugin, handler } = where
  return {
    code: error.code,
    message: clipMessage(error.sentence),
    ...(error.remedy !== undefined && { remedy: clipMessage(error.remedy) }),
    ...(type !== undefined && { type }),
    ...(identity !== undefined && { identity }),
    ...(plugin !== undefined && { plugin }),
    ...(handler !== undefined && { handler }),
    key,
    value,
    headers,
    timestamp: momentOf(timestamp),
    ...(unread?.size !== undefined && { size: unread.size }),
  }
}

/** Logs one line for each dead letter, which names its event, its place and its plugin. */
export function logDeadLetters(
  slices: readonly Pick<Slice, 'topic' | 'partition' | 'entries'>[],
  logger: Logger,
): void {
  for (const { topic, partition, entries } of slices)
    for (const { offset, event, deadLetters } of entries)
      for (const { code, message, remedy, plugin, handler } of deadLetters)
        logger.warn(
          {
            topic,
            partition,
            offset,
            event: event?.id,
            type: event?.type,
            ...(event?.traceparent !== undefined && { traceparent: event.traceparent }),
            plugin,
            handler,
            code,
            remedy,
          },
          `dead letter: ${message}`,
        )
}
