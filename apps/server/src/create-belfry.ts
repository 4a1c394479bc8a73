import { type AnyPlugin, type Change, createUpkeep, type Intake, type IntakeStatus } from '@belfry/core'
import type { Failover } from '@belfry/kafka'
import { createPeers } from '@belfry/postgres'
import type { Logger } from 'pino'
import type { DevTokens } from './auth/dev-tokens.ts'
import { openAuth } from './auth/open-auth.ts'
import type { Config } from './config/schema.ts'
import { type Commit, headsOf } from './delivery/commit.ts'
import { createShow } from './delivery/show-links.ts'
import { createSockets } from './delivery/sockets.ts'
import { createSweep } from './delivery/sweep.ts'
import { createFailoverOf } from './engines/create-failover.ts'
import { folderWarningsOf } from './engines/folder-warnings.ts'
import { kafkaWarningsOf } from './engines/kafka-options.ts'
import { openEngines } from './engines/open-engines.ts'
import { openSource } from './engines/open-event-source.ts'
import { openLogView } from './engines/open-log-view.ts'
import { postgresWarningsOf } from './engines/postgres-options.ts'
import { composeHost } from './host/compose-host.ts'
import { createLimits } from './http/admission/rate-limits.ts'
import { createApp } from './http/app.ts'
import { listen, listenForOperators } from './http/listen.ts'
import { countThreads } from './intake/count-threads.ts'
import type { IntakeParts } from './intake/intake-parts.ts'
import { createMainIntake } from './intake/main-intake.ts'
import { mergeStatus } from './intake/merge.ts'
import { createIntakeInThreads } from './intake/threads/intake-in-threads.ts'
import type { Ticks } from './intake/threads/watchdog.ts'
import { createLogger, type LineWriter, toStandardOutput } from './logging/logger.ts'
import { createMetrics } from './metrics/metrics.ts'
import { readinessOf } from './metrics/readiness.ts'
import { shareCheck } from './metrics/shared-check.ts'
import { version } from './version.ts'

/** A running Belfry. */
export interface Belfry {
  /**
   * Begins with these topics, or with all that are configured, save those that an operator has paused, and listens. Others can be
   * started later.
   * @throws TOPIC_UNKNOWN, HTTP_PORT_UNUSABLE
   */
  start(...topics: readonly string[]): Promise<void>
  /**
   * Pauses a topic until it is resumed, beyond a restart; resolves when nothing more of it is applied here.
   * @throws TOPIC_UNKNOWN, STORE_UNAVAILABLE, as `resume` does
   */
  pause(topic: string): Promise<void>
  resume(topic: string): Promise<void>
  /** Refuses what is new, finishes the transaction under way, closes sockets with 1012; safe to call twice. */
  close(): Promise<void>
  /** Where it listens, once it has started. */
  readonly address: string
  /** Where it listens for operators and probes, where `http.ops_port` gives them a port of their own. */
  readonly opsAddress: string | undefined
  readonly log: Logger
  /** Signs tokens for whoever tries it, and has the key of `POST /dev/token`; only on the embedded default, on loopback, without configured auth. */
  readonly devTokens: DevTokens | undefined
}

export interface BelfryOptions {
  readonly config: Config
  /** The plugins, or the module whose default export is their list. */
  readonly plugins: URL | readonly AnyPlugin[]
  /** The store was restored from a copy: clients load everything anew. */
  readonly restored?: boolean
  /** Where log lines go; standard output unless said otherwise. */
  readonly logTo?: LineWriter
  /** When it closes, sockets close at random moments of so many milliseconds. */
  readonly drainMs?: number
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** For tests: what else the configuration and the clock decide. */
export interface Forced {
  /** In how many threads events are applied, whatever the source is; 0 is the main thread. */
  readonly threads?: number
  /** How many megabytes the heap of a thread may grow to. */
  readonly memoryMb?: number
  /** The ticks by which threads that are silent are told. */
  readonly ticks?: Ticks
}

/**
 * Puts Belfry together from its configuration and plugins; nothing is consumed and nobody can connect before `start`.
 * @throws PLUGINS_INVALID with every problem, PLUGINS_UNREADABLE, CONFIG_INVALID where the public key cannot be used, and what
 * `openEngines` throws
 */
export async function createBelfry(options: BelfryOptions, { threads, memoryMb, ticks }: Forced = {}): Promise<Belfry> {
  const { config, plugins, restored = false, logTo: lines = toStandardOutput(), drainMs, clock = Date.now } = options
  const log = createLogger(config, lines)
  const { host, topics } = await composeHost(config, plugins, log)
  for (const warning of [...kafkaWarningsOf(config), ...postgresWarningsOf(config), ...host.warnings]) log.warn(warning)
  // Nobody is connected before there are sockets.
  let look = (_person?: string): void => {}
  const { database, store, publisher, embedded } = await openEngines({
    ...{ config, topics, log, clock, restored, render: host.render },
    onDoubt: (person) => look(person),
  })
  /** What is at work on the store until it closes. */
  const workers: { close(): Promise<void> }[] = []
  try {
    for (const warning of [...database.warnings, ...(await folderWarningsOf(config))]) log.warn(warning)
    // They tell one another what happens, which begins when all are there.
    let parts: IntakeParts | undefined
    let failover: Failover | undefined
    const status = (): IntakeStatus => {
      const waiting = failover?.trouble()
      const others = { topics: [], ...(waiting !== undefined && { waiting }) }
      return mergeStatus([...(parts ? [parts.intake.status()] : []), others], [])
    }
    const progress = shareCheck(async () => (await parts?.progress()) ?? [], clock)
    const source = { progress: progress.ask }
    const readiness = shareCheck(
      async () => (parts === undefined ? {} : await readinessOf({ ready: store.ready, source, status })),
      clock,
    )
    const metrics = createMetrics({ source, readiness: readiness.ask, version, clock })
    const metricsText = shareCheck(metrics.text, clock)
    const { auth, devTokens } = await openAuth(config, log, clock, metrics.limited)
    const limits = createLimits(config.limits, metrics.limited)
    const show = createShow(config.link_schemes)
    const sockets = createSockets({
      ...{ history: store.history, inboxes: store.inboxes, log, clock, metrics, show },
      onPresence(person, here) {
        parts?.presence(person, here)
        peers?.presence(person, here)
      },
    })
    look = sockets.look
    metrics.watch(sockets)
    const sweep = createSweep({ inboxes: store.inboxes, sockets, log })
    workers.push(sweep)
    const { read_days: readDays, days, identity_days: identityDays } = config.retention
    const peers = createPeers(database, {
      onNews({ heads, erased, topics: isTopics }) {
        sockets.heard(heads)
        if (erased.length > 0) closeErased(erased)
        if (isTopics) lookAgain()
      },
      onDeaf() {
        sweep.now()
        lookAgain()
      },
    })
    if (peers) workers.push(peers)
    /** Others say that these are erased; the store decides, since they may have begun anew. */
    const closeErased = (people: readonly string[]) => {
      store.people.erased(people).then(sockets.erase, (error: unknown) => {
        log.warn({ err: error }, 'who is erased could not be read')
        sweep.now()
      })
    }
    /** Whether topics are paused, and where positions stand, may have been decided elsewhere. */
    const lookAgain = () => {
      parts?.intake.look().catch((error: unknown) => log.warn({ err: error }, 'what is paused could not be read'))
    }
    const push = (changes: readonly Change[]) => {
      sockets.push(changes)
      peers?.tell({ heads: changes.map(({ person, head }) => [person, head] as const) })
      metrics.told(changes)
    }
    const onErased = (erased: readonly string[]) => {
      sockets.erase(erased)
      if (erased.length > 0) peers?.tell({ erased })
    }
    const upkeep = createUpkeep({
      ...{ steps: store.upkeep, push, onRefused: metrics.gaveUp, log, clock },
      retention: { readDays, days, identityDays },
    })
    workers.push(upkeep)
    const onCommit = (commit: Commit) => {
      // Numbers of another history than the one that is known here say nothing.
      if (commit.epoch === store.history.epoch) sockets.push(commit.changes)
      sockets.heard(headsOf(commit))
      peers?.tell({ heads: headsOf(commit) })
      onErased(commit.erased)
      // Either another instance has applied it, or we have, and the answer to our commit never came.
      if (commit.lost || commit.epoch !== store.history.epoch) sweep.now()
      if (commit.fanOuts > 0) upkeep.wake()
      metrics.applied(commit.summary)
    }
    const { count, why } = threads === undefined ? countThreads(config, plugins) : { count: threads }
    if (why !== undefined) log.info(why)
    const { people } = sockets
    parts =
      count > 0 && plugins instanceof URL
        ? createIntakeInThreads({
            ...{ config, plugins, host, count, store, log, lines, onCommit, people },
            view: openLogView(config, database, store.positions, topics, log),
            ...{
              onMissed: sweep.now,
              onRestart: metrics.threadRestarted,
              onQuarantined: () => peers?.tell({ topics: true }),
              onUnconfirmed: sockets.look,
              ...(ticks && { ticks }),
              ...(memoryMb !== undefined && { memoryMb }),
            },
          })
        : createMainIntake({
            ...{ config, store, host, log, clock, onCommit },
            source: embedded ?? openSource(config, database, store.history, log, sweep.now),
          })
    const { retry } = parts
    /** An operator who has changed something sees it at once. */
    const forgetChecks = () => {
      for (const check of [progress, readiness, metricsText]) check.forget()
    }
    const intake = tellingOthers({ ...parts.intake, status }, () => {
      forgetChecks()
      peers?.tell({ topics: true })
    })
    workers.push(intake, publisher)
    failover = createFailoverOf(config, database, log)
    if (failover) workers.push(failover)
    const { app, opsServer } = await createApp({
      ...{
        host,
        store,
        source,
        publisher,
        sockets,
        intake,
        retry,
        push,
        show,
        onErased,
        upkeep,
        auth,
        limits,
        readiness: readiness.ask,
        metrics: { ...metrics, text: metricsText.ask },
      },
      ...{ log, clock, version, allowedOrigins: config.http.allowed_origins },
      ...{ hasOpsPort: config.http.ops_port !== undefined, maxConnections: config.http.max_connections },
      ...(devTokens && { devTokens }),
      ...(drainMs !== undefined && { drainMs }),
    })
    // Whoever has died keeps nobody waiting who joins.
    await failover?.look()
    await intake.open(topics)

    let address = ''
    let opsAddress: string | undefined
    let listening: Promise<string> | undefined
    const listenOnBoth = async () => {
      if (opsServer) opsAddress = await listenForOperators(opsServer, config.http)
      return listen(app, config.http)
    }
    let closing: Promise<void> | undefined
    const close = async () => {
      // Requests and sockets end while the intake finishes its transaction; the store goes last.
      await Promise.all([app, ...workers].map((one) => one.close()))
      await store.close()
      log.info('stopped')
    }
    return {
      log,
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
        forgetChecks()
        listening ??= listenOnBoth()
        address = await listening
        log.info({ address, ...(opsAddress !== undefined && { opsAddress }), version, topics: begun }, 'started')
      },
      pause: intake.pause,
      resume: intake.resume,
      close: () => (closing ??= close()),
    }
  } catch (error) {
    await Promise.all(workers.map((one) => one.close()))
    await store.close()
    throw error
  }
}

/** An intake of which others hear what operators decide. */
function tellingOthers(intake: Intake, tell: () => void): Intake {
  return {
    ...intake,
    async pause(topic) {
      await intake.pause(topic)
      tell()
    },
    async resume(topic) {
      await intake.resume(topic)
      tell()
    },
    async move(position) {
      const before = await intake.move(position)
      tell()
      return before
    },
  }
}
