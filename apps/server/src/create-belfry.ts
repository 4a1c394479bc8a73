import { type AnyPlugin, type Change, createUpkeep, type Intake } from '@belfry/core'
import { createPeers } from '@belfry/postgres'
import type { Logger } from 'pino'
import type { DevTokens } from './auth/dev-tokens.ts'
import { openAuth } from './auth/open-auth.ts'
import { composeHost } from './compose-host.ts'
import type { Config } from './config/schema.ts'
import { createFailoverOf } from './create-failover-of.ts'
import { createApp } from './http/app.ts'
import { createReading } from './intake/create-reading.ts'
import type { Summary } from './intake/summary.ts'
import { createLimits } from './limits.ts'
import { listen } from './listen.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics/metrics.ts'
import { openEngines } from './open-engines.ts'
import { createSockets } from './sockets/sockets.ts'
import { createSweep } from './sockets/sweep.ts'
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
  readonly log: Logger
  /** Signs tokens for whoever tries it; only on the embedded default, on loopback, without configured auth. */
  readonly devTokens: DevTokens | undefined
}

export interface BelfryOptions {
  readonly config: Config
  /** The plugins, or the module whose default export is their list. */
  readonly plugins: URL | readonly AnyPlugin[]
  /** The store was restored from a copy: clients load everything anew. */
  readonly restored?: boolean
  /** Where log lines go; standard output unless said otherwise. */
  readonly logTo?: { write(line: string): void }
  /** When it closes, sockets close at random moments of so many milliseconds. */
  readonly drainMs?: number
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/**
 * Puts Belfry together from its configuration and plugins; nothing is consumed and nobody can connect before `start`.
 * @throws PLUGINS_INVALID with every problem, PLUGINS_UNREADABLE, CONFIG_INVALID where the public key cannot be used, and what
 * `openEngines` throws
 */
export async function createBelfry(options: BelfryOptions): Promise<Belfry> {
  const { config, plugins, restored = false, logTo, drainMs, clock = Date.now } = options
  const log = createLogger(config, logTo)
  const { host, topics } = await composeHost(config, plugins, log)
  for (const warning of host.warnings) log.warn(warning)
  // Nobody is connected before there are sockets.
  let look = (_person?: string): void => {}
  const { database, store, publisher, embedded } = await openEngines({
    ...{ config, topics, log, clock, restored, render: host.render },
    onDoubt: (person) => look(person),
  })
  try {
    const { auth, devTokens } = await openAuth(config, log, clock)
    const limits = createLimits(config.limits)
    const metrics = createMetrics({ source: { progress: () => reading.progress() }, clock })
    const sockets = createSockets({
      ...{ store, log, clock, metrics },
      onPresence: (person, here) => reading.connected(person, here),
    })
    look = sockets.look
    metrics.watch(sockets)
    const sweep = createSweep({ store, sockets, log })
    const lookAgain = () => {
      void sweep.now()
      // What cannot be looked at now is looked at when partitions are given to us, and by the next who pauses.
      reading.intake.look().catch((error: unknown) => log.warn({ err: error }, 'what is paused could not be read'))
    }
    const peers = createPeers(database, {
      onNews({ heads, erased, topics: changed }) {
        sockets.heard(heads)
        sockets.erase(erased)
        if (changed) lookAgain()
      },
      onDeaf: lookAgain,
    })
    const { read_days: readDays, days, identity_days: identityDays } = config.retention
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
      ...{ store, push, onRefused: metrics.gaveUp, log, clock },
      retention: { readDays, days, identityDays },
    })
    const onApplied = ({ people, heads, changes, erased, lost, fanOuts, counts }: Summary) => {
      const came = people.map((person, index) => [person, heads[index] ?? 0] as const)
      sockets.push(changes)
      // Whoever connected while it was applied was not known to be here.
      sockets.heard(came)
      peers?.tell({ heads: came })
      onErased(erased)
      // Either another instance has applied it, or we have, and the answer to our commit never came.
      if (lost) sockets.look()
      if (fanOuts > 0) upkeep.wake()
      metrics.applied(counts)
    }
    const reading = createReading({
      ...{ config, plugins, host, topics, database, store, embedded, log, clock, onApplied },
      ...(logTo && { logTo }),
      onRenewed: () => void sweep.now(),
    })
    const failover = createFailoverOf(config, database, log)
    const intake: Intake = {
      ...reading.intake,
      async pause(topic) {
        await reading.intake.pause(topic)
        peers?.tell({ topics: true })
      },
      async resume(topic) {
        await reading.intake.resume(topic)
        peers?.tell({ topics: true })
      },
    }
    const app = await createApp({
      ...{ host, store, publisher, sockets, intake, push, onErased, upkeep, auth, limits, metrics },
      ...{ source: reading, retry: reading.retry },
      ...{ log, clock, version, allowedOrigins: config.http.allowed_origins },
      ...(devTokens && { devTokens }),
      ...(drainMs !== undefined && { drainMs }),
    })
    // Whoever has died keeps nobody waiting who joins.
    await failover?.look()
    await intake.open(topics)

    let address = ''
    let listening: Promise<string> | undefined
    let closing: Promise<void> | undefined
    const close = async () => {
      // Requests and sockets end while the intake finishes its transaction; the store goes last.
      sweep.close()
      await Promise.all([app.close(), intake.close(), upkeep.close(), publisher.close()])
      await Promise.all([peers?.close(), failover?.close()])
      await store.close()
      log.info('stopped')
    }
    return {
      log,
      devTokens,
      get address() {
        return address
      },
      async start(...named) {
        const begun = named.length > 0 ? named : topics
        intake.start(...begun)
        listening ??= listen(app, config.http)
        address = await listening
        log.info({ address, version, topics: begun }, 'started')
      },
      pause: intake.pause,
      resume: intake.resume,
      close: () => (closing ??= close()),
    }
  } catch (error) {
    await store.close()
    throw error
  }
}
