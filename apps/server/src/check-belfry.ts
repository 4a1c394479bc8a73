import { checkAuth } from './auth/open-auth.ts'
import { composeHost } from './compose-host.ts'
import type { BelfryOptions } from './create-belfry.ts'
import { createLogger } from './logger.ts'
import { checkEngines } from './open-engines.ts'

/**
 * Sees that Belfry could be put together and started: plugins and their settings, keys, and the store. It makes and changes nothing; what
 * only migrating or working could tell is not seen.
 * @throws what `createBelfry` throws, and KEYS_UNAVAILABLE where the key set cannot be fetched
 */
export async function checkBelfry({ config, plugins }: Pick<BelfryOptions, 'config' | 'plugins'>): Promise<void> {
  const log = createLogger({ ...config, log_level: 'silent' })
  const { topics } = await composeHost(config, plugins, log)
  await checkAuth(config, log)
  await checkEngines(config, topics, log)
}
