import type { Log } from '../log.ts'
import type { Slice } from '../ports/batches.ts'

/** One line for each dead letter, which names its event, its place and its plugin. */
export function sayDeadLetters(slices: readonly Pick<Slice, 'topic' | 'partition' | 'entries'>[], log: Log): void {
  for (const slice of slices)
    for (const { offset, event, deadLetters } of slice.entries)
      for (const { code, message, plugin, handler } of deadLetters)
        log.warn(
          {
            topic: slice.topic,
            partition: slice.partition,
            offset,
            event: event?.id,
            type: event?.type,
            ...(event?.traceparent !== undefined && { traceparent: event.traceparent }),
            plugin,
            handler,
            code,
          },
          `dead letter: ${message}`,
        )
}
