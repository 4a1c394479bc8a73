import './small-heaps.ts'
import type { AnyPlugin, Intake, IntakeStatus } from '@belfry/core'
import type { Failover } from '@belfry/kafka'
import type { Logger } from 'pino'
import type { DevTokens } from './auth/dev-tokens.ts'
import { openAuth } from './auth/open-auth.ts'
import type { Config } from './config/schema.ts'
import { createDelivery } from './delivery/delivery.ts'
import { createShow } from './delivery/show.ts'
import { createFailoverOf } from './engines/create-failover.ts'
import { folderWarningsOf } from './engines/folder-warnings.ts'
import { kafkaWarningsOf } from './engines/kafka-options.ts'
import { openEngines } from './engines/open-engines.ts'
import { postgresWarningsOf } from './engines/postgres-options.ts'
import { composeHost } from './host/compose-host.ts'
import { type App, createApp } from './http/app.ts'
import { listen, listenForOperators } from './http/listen.ts'
import { composeIntake, type ForcedThreads } from './intake/compose-intake.ts'
import { mergeStatus } from './intake/merge.ts'
import { createLogger, type LineWriter, toStandardOutput } from './logging/logger.ts'
import { type Checks, createChecks } from './metrics/checks.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createNotices } from './metrics/notices.ts'
import { version } from './version.ts'

/** A running Belfry. */
export interface Belfry {
  /**
   * Begins with these topics, or with all that are configured, except those that an operator has paused, and listens. Others can be
   * started later.
   * @throws TOPIC_UNKNOWN, HTTP_PORT_UNUSABLE
   */
  start(...topics: readonly string[]): Promise<void>
  /**
   * Pauses a topic until it is resumed, also over a restart; resolves when nothing more of it is applied here.
   * @throws TOPIC_UNKNOWN, STORE_UNAVAILABLE, as `resume` does
   */
  pause(topic: string): Promise<void>
  resume(topic: string): Promise<void>
  /** Refuses what is new, finishes the transaction under way, closes sockets with 1012; safe to call twice. */
  close(): Promise<void>
  /** The address that it listens on, once it has started. */
  readonly address: string
  /** The address for operators and probes, where `http.ops_port` is set. */
  readonly opsAddress: string | undefined
  readonly logger: Logger
  /** Signs tokens for trying Belfry out, and has the key of `POST /dev/token`; only on the embedded default, on loopback, without configured auth. */
  readonly devTokens: DevTokens | undefined
}

export interface BelfryOptions {
  readonly config: Config
  /** The plugins, or the module whose default export is their list. */
  readonly plugins: URL | readonly AnyPlugin[]
  /** The store was restored from a copy: clients load everything again. */
  readonly restored?: boolean
  /** Where log lines go; standard output by default. */
  readonly logTo?: LineWriter
  /** When it closes, each socket closes at a random moment within this number of milliseconds. */
  readonly drainMs?: number
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** Something that is at work until it is closed. */
interface Worker {
  close(): Promise<void>
}

/**
 * Puts Belfry together from its configuration and plugins; it consumes nothing and accepts no connection before `start`.
 * @param forced for tests
 * @throws PLUGINS_INVALID with every problem, PLUGINS_UNREADABLE, CONFIG_INVALID where the public key cannot be used, and what
 * `openEngines` throws
 */
export async function createBelfry(options: BelfryOptions, forced: ForcedThreads = {}): Promise<Belfry> {
  const { config, plugins, restored = false, logTo: lines = toStandardOutput(), drainMs, clock = Date.now } = options
  const logger = createLogger(config, lines)
  const { host, topics } = await composeHost(config, plugins, logger)
  warnOf(logger, [...kafkaWarningsOf(config), ...postgresWarningsOf(config), ...host.warnings])
  const engines = await openEngines({ config, topics, logger, clock, restored, render: host.render })
  const { database, store, publisher } = engines
  /** What is at work on the store until it closes. */
  const workers: Worker[] = []
  try {
    warnOf(logger, [...database.warnings, ...(await folderWarningsOf(config))])
    const metrics = createMetrics({ version, clock })
    const { auth, devTokens } = await openAuth(config, logger, clock, metrics.limited)
    const show = createShow(config.link_schemes)
    const notices = createNotices({ types: [...host.contracts.keys()], metrics, logger, clock })
    const { retention } = config
    const delivery = createDelivery({ store, database, retention, show, metrics, notices, logger, clock })
    workers.push(delivery)
    engines.onUnconfirmed(delivery.unconfirmed)

    const onRestart = metrics.threadRestarted
    const parts = composeIntake(
      { config, plugins, host, topics, engines, delivery, onRestart, logger, lines, clock },
      forced,
    )
    workers.push(parts.intake, publisher)
    delivery.connect({ presence: parts.presence, refresh: parts.intake.refresh })
    const failover = createFailoverOf(config, database, logger)
    if (failover) workers.push(failover)
    const status = () => mergeStatus([parts.intake.status(), { topics: [], ...waitingFor(failover) }], [])

    const { progress, retry } = parts
    const checks = createChecks({
      storeReady: store.ready,
      intake: { progress, status },
      sockets: delivery.sockets,
      metrics,
      notices,
      clock,
    })
    const intake = announcing({ ...parts.intake, status }, () => {
      checks.forget()
      delivery.topicsChanged()
    })
    const app = await createApp({
      config,
      host,
      store,
      publisher,
      delivery,
      intake,
      retry,
      show,
      auth,
      checks,
      metrics,
      notices,
      version,
      logger,
      clock,
      ...(devTokens && { devTokens }),
      ...(drainMs !== undefined && { drainMs }),
    })
    // A group that waits for members that have died would keep this one waiting too.
    await failover?.check()
    await intake.open(topics)
    const stop = async () => {
      // Requests and sockets end while the intake finishes its transaction; the store goes last.
      await closeAll([app.app, ...workers])
      await store.close()
      logger.info('stopped')
    }
    return belfryOf({ config, topics, intake, checks, app, logger, devTokens, stop })
  } catch (error) {
    await closeAll(workers)
    await store.close()
    throw error
  }
}

/** Why the group's partitions cannot be taken over, where that is so. */
function waitingFor(failover: Failover | undefined): Pick<IntakeStatus, 'waiting'> {
  const waiting = failover?.trouble()
  return waiting === undefined ? {} : { waiting }
}

function warnOf(logger: Logger, warnings: readonly string[]): void {
  for (const warning of warnings) logger.warn(warning)
}

async function closeAll(workers: readonly Worker[]): Promise<void> {
  await Promise.all(workers.map((one) => one.close()))
}

/** An intake that announces what operators decide about its topics. */
function announcing(intake: Intake, announce: () => void): Intake {
  return {
    ...intake,
    async pause(topic) {
      await intake.pause(topic)
      announce()
    },
    async resume(topic) {
      await intake.resume(topic)
      announce()
    },
    async move(position) {
      const before = await intake.move(position)
      announce()
      return before
    },
  }
}

interface Parts {
  readonly config: Config
  readonly topics: readonly string[]
  readonly intake: Intake
  readonly checks: Checks
  readonly app: App
  readonly logger: Logger
  readonly devTokens: DevTokens | undefined
  /** Ends everything. */
  readonly stop: () => Promise<void>
}

/** What users start, pause and close. */
function belfryOf({ config, topics, intake, checks, app: { app, opsServer }, logger, devTokens, stop }: Parts): Belfry {
  let address = ''
  let opsAddress: string | undefined
  let listening: Promise<string> | undefined
  let stopping: Promise<void> | undefined
  const listenOnBoth = async () => {
    if (opsServer) opsAddress = await listenForOperators(opsServer, config.http)
    return listen(app, config.http)
  }
  return {
    logger,
    devTokens,
    get address() {
      return address
    },
    get opsAddress() {
      return opsAddress
    },
    async start(...named) {
      const begun = named.length > 0 ? named : topics
      intake.start(...begun)
      checks.forget()
      listening ??= listenOnBoth()
      address = await listening
      logger.info({ address, ...(opsAddress !== undefined && { opsAddress }), version, topics: begun }, 'started')
    },
    pause: intake.pause,
    resume: intake.resume,
    close: () => (stopping ??= stop()),
  }
}
