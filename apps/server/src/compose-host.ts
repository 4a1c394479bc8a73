import { type AnyPlugin, createHost, type Host, type Watch } from '@belfry/core'
import type { Logger } from 'pino'
import type { Config } from './config/schema.ts'
import { serverErrors } from './errors.ts'
import { loadPlugins } from './load-plugins.ts'

/**
 * Loads the plugins and makes them ready with their settings; answers what is consumed beside. `watch` is told which handler runs.
 * @throws PLUGINS_UNREADABLE, PLUGINS_INVALID, CONFIG_INVALID where a topic is named that no plugin listens to
 */
export async function composeHost(
  config: Config,
  plugins: URL | readonly AnyPlugin[],
  log: Logger,
  watch?: Watch,
): Promise<{ readonly host: Host; readonly topics: readonly string[] }> {
  const host = createHost({
    ...{ plugins: await loadPlugins(plugins), settings: config.plugins, log },
    ...(watch && { watch }),
  })
  return { host, topics: topicsOf(config, host) }
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
