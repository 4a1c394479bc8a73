import { createIntake, createRetry, type GivenBack, type Intake, type Source } from '@belfry/core'
import { createSerialQueue } from '@belfry/core/flow'
import type { Logger } from 'pino'
import { milliseconds } from '../../config/schema.ts'
import { commitOf } from '../../delivery/commit.ts'
import { openIntakeEngines } from '../../engines/open-intake-engines.ts'
import { composeHost } from '../../host/compose-host.ts'
import type { Said, ThreadData } from './protocol.ts'
import type { PulseWriter } from './pulse.ts'

/** The intake of one thread, with what else is done where handlers run. */
export interface ThreadIntake {
  readonly intake: Intake
  readonly source: Pick<Source, 'progress'>
  readonly retry: (id: number, force: boolean) => Promise<GivenBack>
  /** Finishes the transaction under way, and lets go of everything. */
  close(): Promise<void>
}

export interface ThreadIntakeOptions {
  readonly data: ThreadData
  readonly log: Logger
  readonly pulse: PulseWriter
  /** Whether handlers run one at a time for now. */
  readonly oneHandler: () => boolean
  /** Whether records are taken one at a time for now. */
  readonly oneRecord: () => boolean
  readonly isHere: (person: string) => boolean
  readonly say: (said: Said) => void
}

/**
 * Opens engines and plugins of its own, and finds the topics' partitions.
 * @throws what `openIntakeEngines` and `composeHost` throw
 */
export async function createThreadIntake(options: ThreadIntakeOptions): Promise<ThreadIntake> {
  const { data, log, pulse, oneHandler, oneRecord, isHere, say } = options
  const { config, topics } = data
  const plugins = new URL(data.plugins)
  const { host } = await composeHost(config, plugins, log, pulse.handlers('intake', oneHandler))
  const { store, source, envelopes } = await openIntakeEngines(config, {
    ...{ render: host.render, log },
    onDoubt: (person) => say({ kind: 'doubt', ...(person !== undefined && { person }) }),
  })
  const intake = createIntake({
    ...{ source, store, host, log, envelopes },
    onApplied: (report) => say({ kind: 'applied', commit: commitOf(report, store.epoch, isHere) }),
    onHeld: () => say({ kind: 'held' }),
    notifyMaxAge: milliseconds(config.notify_max_age),
    decoding: pulse.records('intake', 'decoding'),
    alone: { ...pulse.records('intake', 'alone'), wanted: oneRecord },
  })

  const watch = pulse.handlers('retry', () => true)
  /** A host of its own, in which one handler runs at a time: what its thread dies of is always known. */
  let retrying: Promise<ReturnType<typeof createRetry>> | undefined
  const makeRetry = async () => {
    const { host: own } = await composeHost(config, plugins, log, watch)
    return createRetry({
      ...{ store, host: own, log, envelopes },
      ...{ decoding: pulse.records('retry', 'decoding'), alone: pulse.records('retry', 'alone') },
    })
  }
  const retries = createSerialQueue()
  const retry = async (id: number, force: boolean): Promise<GivenBack> => {
    retrying ??= makeRetry()
    const tryAgain = await retrying
    // Whoever has asked knows by now: what was given up is not to blame for what comes later.
    return retries.run(() => tryAgain(id, force).finally(() => watch.leave()))
  }

  const close = async () => {
    await intake.close()
    await retries.idle()
    await store.close()
  }
  try {
    await intake.open(topics)
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
  return { intake, source, retry, close }
}
