import { checkAuth } from './auth/open-auth.ts'
import type { BelfryOptions } from './create-belfry.ts'
import { checkEngines } from './engines/open-engines.ts'
import { together } from './engines/together.ts'
import { composeHost } from './host/compose-host.ts'
import { checkListen } from './http/listen.ts'
import { createLogger } from './logging/logger.ts'

/**
 * Checks that Belfry could be put together and started: plugins and their settings, the address to listen on, keys, store and Kafka. It
 * makes and changes nothing; what only shows while migrating or working is not found.
 * @returns what was checked, a word each
 * @throws what `createBelfry` and its `start` throw, and KEYS_UNREACHABLE where the key set cannot be fetched; several of them together
 */
export async function checkBelfry({
  config,
  plugins,
}: Pick<BelfryOptions, 'config' | 'plugins'>): Promise<readonly string[]> {
  const logger = createLogger({ ...config, log_level: 'silent' })
  const composed = composeHost(config, plugins, logger)
  // Without the plugins the topics are not known, but everything else about Kafka can still be checked.
  const topics = await composed.then(
    (one) => one.topics,
    () => [],
  )
  await together([composed, checkListen(config.http), checkAuth(config, logger), checkEngines(config, topics, logger)])
  const { auth, kafka, postgres } = config
  return [
    ...['configuration', 'plugins', 'address'],
    ...(auth === undefined ? [] : ['keys']),
    ...(postgres === undefined ? ['folder'] : ['Postgres']),
    ...(kafka === undefined ? [] : ['Kafka']),
  ]
}
