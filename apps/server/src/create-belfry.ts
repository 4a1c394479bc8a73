import {
  type AnyPlugin,
  createHost,
  createIntake,
  type Host,
  type Intake,
  type Publisher,
  type Source,
  type Store,
} from '@belfry/core'
import { createLog, createStore, openPGlite } from '@belfry/postgres'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { type Auth, createAuth } from './auth/auth.ts'
import { createDevTokens, type DevTokens } from './auth/dev-tokens.ts'
import { readPublicKey } from './auth/public-key.ts'
import { createRemoteKeys } from './auth/remote-keys.ts'
import { secretKeys, type TokenKeys } from './auth/token-keys.ts'
import { tokenSecret } from './auth/token-secret.ts'
import { type Config, milliseconds } from './config/schema.ts'
import { serverErrors } from './errors.ts'
import { createApp } from './http/app.ts'
import { createLimits } from './limits.ts'
import { listen } from './listen.ts'
import { loadPlugins } from './load-plugins.ts'
import { createLogger } from './logger.ts'
import { createSockets, type Sockets } from './sockets/sockets.ts'
import { version } from './version.ts'

/** A running Belfry. */
export interface Belfry {
  /**
   * Begins with these topics, or with all that are configured, and listens. Others can be started later.
   * @throws TOPIC_UNKNOWN, HTTP_PORT_UNUSABLE
   */
  start(...topics: readonly string[]): Promise<void>
  pause(topic: string): void
  resume(topic: string): void
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
  /** Where log lines go; standard output unless said otherwise. */
  readonly logTo?: { write(line: string): void }
  /** When it closes, sockets close at random moments of so many milliseconds. */
  readonly drainMs?: number
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

/** What has expired is looked for every so many milliseconds. */
const EXPIRY_INTERVAL = 5_000

/**
 * Puts Belfry together from its configuration and plugins; nothing is consumed and nobody can connect before `start`.
 * @throws PLUGINS_INVALID with every problem, PLUGINS_UNREADABLE, FOLDER_IN_USE, FOLDER_UNUSABLE, STORE_NEWER,
 * CONFIG_INVALID where the public key cannot be used
 */
export async function createBelfry({
  config,
  plugins,
  logTo,
  drainMs,
  clock = Date.now,
}: BelfryOptions): Promise<Belfry> {
  const log = createLogger(config, logTo)
  const host = createHost({ plugins: await loadPlugins(plugins), settings: config.plugins, log })
  for (const warning of host.warnings) log.warn(warning)
  const topics = topicsOf(config, host)
  const keys = config.auth && (await keysOf(config.auth, log, clock))
  const { store, source, publisher } = await openEngines(config, host)
  try {
    const { auth, devTokens } = await authOf(config, keys, clock)
    const limits = createLimits(config.limits)
    const sockets = createSockets({ store, log, clock })
    const intake = createIntake({
      ...{ source, store, host, log, push: sockets.push },
      notifyMaxAge: milliseconds(config.notify_max_age),
    })
    const app = await createApp({
      ...{
        contracts: host.contracts,
        store,
        publisher,
        sockets,
        auth,
        limits,
        status: intake.status,
        log,
        clock,
        version,
      },
      ...{
        allowedOrigins: config.http.allowed_origins,
        ...(devTokens && { devTokens }),
        ...(drainMs !== undefined && { drainMs }),
      },
    })
    await intake.open(topics)
    return assemble({ config, log, store, sockets, intake, app, topics, devTokens, clock })
  } catch (error) {
    await store.close()
    throw error
  }
}

/** What is consumed; a topic that no plugin listens to is a mistake. */
function topicsOf(config: Config, host: Host): readonly string[] {
  const strangers = (config.topics ?? []).filter((topic) => !host.topics.includes(topic))
  if (strangers.length > 0) {
    const problems = strangers.map((topic) => ({
      path: 'notification_service.topics',
      message: `has ${topic}, which no composed plugin listens to; there are ${host.topics.join(', ')}`,
    }))
    throw serverErrors.CONFIG_INVALID(
      { problems: problems.map(({ path, message }) => `${path} ${message}`).join('\n') },
      { problems },
    )
  }
  return config.topics ?? host.topics
}

/** The embedded default: store and log on PGlite, in a folder. */
async function openEngines(
  { embedded: { folder } }: Config,
  host: Host,
): Promise<{ store: Store; source: Source; publisher: Publisher }> {
  const database = await openPGlite({ folder })
  return { store: await createStore(database, { render: host.render }), ...createLog(database) }
}

/** The keys that tokens are signed with; the configuration names exactly one way. */
async function keysOf(
  { secret, secrets, public_key_file: file, jwks_url: url }: NonNullable<Config['auth']>,
  log: Logger,
  clock: () => number,
): Promise<TokenKeys> {
  if (file !== undefined) return readPublicKey(file)
  if (url !== undefined) return createRemoteKeys({ url: new URL(url), log, clock })
  return secretKeys(secrets ?? (secret === undefined ? [] : [secret]))
}

/** Whoever has configured nothing is on their own machine, and gets tokens from us. */
async function authOf(
  { auth, embedded: { folder } }: Config,
  keys: TokenKeys | undefined,
  clock: () => number,
): Promise<{ auth: Auth; devTokens?: DevTokens }> {
  if (auth === undefined || keys === undefined) {
    const secret = await tokenSecret(folder)
    return { auth: createAuth({ keys: secretKeys([secret]), clock }), devTokens: createDevTokens(secret, clock) }
  }
  const { issuer, audience, person_claim: personClaim, scope_claim: scopeClaim } = auth
  return {
    auth: createAuth({
      ...{ keys, personClaim, scopeClaim, clock },
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }),
  }
}

interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly store: Store
  readonly sockets: Sockets
  readonly intake: Intake
  readonly app: FastifyInstance
  readonly topics: readonly string[]
  readonly devTokens: DevTokens | undefined
  readonly clock: () => number
}

function assemble({ config, log, store, sockets, intake, app, topics, devTokens, clock }: Parts): Belfry {
  let address = ''
  let listening: Promise<string> | undefined
  let closing: Promise<void> | undefined
  const expiry = setInterval(() => {
    store
      .expire(clock(), 1_000)
      .then(sockets.push, (error: unknown) =>
        log.warn({ err: error }, 'what has expired could not be withdrawn: trying again'),
      )
  }, EXPIRY_INTERVAL).unref()

  const close = async () => {
    clearInterval(expiry)
    // Requests and sockets end while the intake finishes its transaction; the store goes last.
    await Promise.all([app.close(), intake.close()])
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
}
