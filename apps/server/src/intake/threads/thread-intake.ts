import { createIntake, createRetry, type DeadLetters, type Intake, type RetryResult, type Source } from '@belfry/core'
import { createSerialQueue } from '@belfry/core/flow'
import type { Logger } from 'pino'
import { milliseconds } from '../../config/duration.ts'
import { packedCommitOf } from '../../delivery/commit.ts'
import { createShow } from '../../delivery/show.ts'
import { openIntakeEngines } from '../../engines/open-intake-engines.ts'
import { composeHost } from '../../host/compose-host.ts'
import type { CautionReader } from './caution.ts'
import type { FromThread, ThreadData } from './messages.ts'
import type { PulseWriter } from './pulse.ts'

/** The intake of one thread, with what else runs where handlers run. */
export interface ThreadIntake {
  readonly intake: Intake
  readonly source: Pick<Source, 'progress'>
  readonly retry: (id: number, force: boolean) => Promise<RetryResult>
  /** Finishes the transaction under way, and closes everything. */
  close(): Promise<void>
}

export interface ThreadIntakeOptions {
  readonly data: ThreadData
  readonly logger: Logger
  readonly pulse: PulseWriter
  readonly caution: CautionReader
  readonly isHere: (person: string) => boolean
  readonly send: (message: FromThread) => void
}

/**
 * Opens engines and plugins of its own, and finds the topics' partitions.
 * @throws what `openIntakeEngines` and `composeHost` throw
 */
export async function createThreadIntake(options: ThreadIntakeOptions): Promise<ThreadIntake> {
  const { data, logger, pulse, caution, isHere, send } = options
  const { config, topics } = data
  const { host } = await composeHost(
    config,
    new URL(data.plugins),
    logger,
    pulse.handlers('intake', caution.oneHandler),
  )
  const { store, source } = await openIntakeEngines(config, {
    render: host.render,
    logger,
    onUnconfirmed: (person) => send({ kind: 'unconfirmed', ...(person !== undefined && { person }) }),
  })
  const show = createShow(config.link_schemes)
  const intake = createIntake({
    source,
    store,
    host,
    logger,
    envelopes: config.kafka?.envelope ?? {},
    onApplied: (report) => send({ kind: 'applied', commit: packedCommitOf(report, store.history.epoch, isHere, show) }),
    onQuarantined: () => send({ kind: 'quarantined' }),
    notifyMaxAge: milliseconds(config.notify_max_age),
    decoding: pulse.records('intake', 'decoding'),
    alone: { ...pulse.records('intake', 'alone'), wanted: caution.oneRecord },
  })
  const retries = createThreadRetry(options, store.deadLetters)
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
  return { intake, source, retry: retries.retry, close }
}

/** Makes what tries dead letters again in this thread, one after the other. */
function createThreadRetry({ data, logger, pulse }: ThreadIntakeOptions, deadLetters: DeadLetters) {
  const { config } = data
  const watch = pulse.handlers('retry', () => true)
  const makeRetry = async () => {
    // A host of its own, in which one handler runs at a time: what its thread ends of is always known.
    const { host } = await composeHost(config, new URL(data.plugins), logger, watch)
    return createRetry({
      deadLetters,
      host,
      logger,
      envelopes: config.kafka?.envelope ?? {},
      decoding: pulse.records('retry', 'decoding'),
      alone: pulse.records('retry', 'alone'),
    })
  }
  let made: ReturnType<typeof makeRetry> | undefined
  const queue = createSerialQueue()

  return {
    async retry(id: number, force: boolean): Promise<RetryResult> {
      made ??= makeRetry()
      const tryAgain = await made
      // The caller has its answer then: a handler that was given up is not the cause of what comes later.
      return queue.run(() => tryAgain(id, force).finally(() => watch.leave()))
    },
    idle: queue.idle,
  }
}
