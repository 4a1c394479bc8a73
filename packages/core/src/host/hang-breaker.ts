import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import type { Logger } from '../logger.ts'

/**
 * How a handler runs for an event: with the usual tries; once; as a probe, once, to learn whether it returns again; or not at all, because
 * it hangs.
 */
export type Admission = 'tries' | 'once' | 'probe' | 'refused'

/** A handler, with its name in the log: `<plugin>.<handler>`. */
export interface Named {
  readonly name: string
  readonly plugin: string
}

/**
 * Keeps handlers that hang, or fail every event, from delaying all others. After some hangs in a row a handler gets one event a second
 * until it returns; after some failed events in a row it is tried once for each event.
 */
export interface HangBreaker {
  admit(handler: Named): Admission
  /** Whether another try of an event that has failed may help: not while its handler hangs, or fails every event. */
  mayRetry(handler: Named): boolean
  /** One run did not end in time. Where all others waited for it, a second passes before they may have to wait again. */
  hung(handler: Named, waited: boolean): void
  /** The last try of an event failed; the handler has returned. */
  failed(handler: Named): void
  returned(handler: Named): void
  /** Which handlers hang, in words; undefined while none does. */
  trouble(): string | undefined
}

interface Trouble {
  /** Hangs in a row. */
  hangs: number
  /** Events in a row that have failed. */
  failures: number
  /** When it gets the next event, in milliseconds; undefined while it gets all of them. */
  probeAt?: number
}

const HANGS = coreLimits.HANGS_IN_A_ROW.most
const FAILURES = coreLimits.FAILURES_IN_A_ROW.most
/** Milliseconds between two events of a handler that hangs. */
const PROBE_INTERVAL_MS = 1_000

/** @param clock in milliseconds, from any beginning */
export function createHangBreaker(logger: Logger, clock: () => number): HangBreaker {
  // Handlers that return are not in here, so that an event costs nothing while all is well.
  const troubles = new Map<string, Trouble>()
  const troubleOf = ({ name }: Named): Trouble => {
    const trouble = troubles.get(name) ?? { hangs: 0, failures: 0 }
    troubles.set(name, trouble)
    return trouble
  }
  const close = ({ name, plugin }: Named) => {
    if (troubles.get(name)?.probeAt !== undefined) logger.info({ plugin }, `${name} returns again: it gets all events`)
  }

  return {
    admit(handler) {
      const trouble = troubles.size === 0 ? undefined : troubles.get(handler.name)
      if (trouble === undefined) return 'tries'
      if (trouble.probeAt === undefined) return trouble.failures < FAILURES ? 'tries' : 'once'
      if (clock() < trouble.probeAt) return 'refused'
      trouble.probeAt = clock() + PROBE_INTERVAL_MS
      return 'probe'
    },
    mayRetry({ name }) {
      const trouble = troubles.get(name)
      return trouble === undefined || (trouble.probeAt === undefined && trouble.failures < FAILURES)
    },
    hung(handler, waited) {
      const trouble = troubleOf(handler)
      trouble.hangs++
      if (trouble.probeAt !== undefined && waited) trouble.probeAt = clock() + PROBE_INTERVAL_MS
      if (trouble.probeAt !== undefined || trouble.hangs < HANGS) return
      // It gets the next event at once: the cause may have been the events that it hung at.
      trouble.probeAt = clock()
      const { code, sentence, remedy } = coreErrors.HANDLER_HANGS({ handler: handler.name })
      logger.error({ code, plugin: handler.plugin, remedy }, sentence)
    },
    failed(handler) {
      close(handler)
      troubles.set(handler.name, { hangs: 0, failures: troubleOf(handler).failures + 1 })
    },
    returned(handler) {
      if (troubles.size === 0) return
      close(handler)
      troubles.delete(handler.name)
    },
    trouble() {
      const names = [...troubles].filter(([, { probeAt }]) => probeAt !== undefined).map(([name]) => name)
      return names.length === 0
        ? undefined
        : `${names.join(', ')} hangs: the events that it does not get become dead letters`
    },
  }
}
