import type { Problem } from '@belfry/contracts/errors'
import { type AnyPlugin, createHost, type Host, type Watch } from '@belfry/core'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { topicProblems } from '../engines/kafka-options.ts'
import { serverErrors } from '../errors.ts'
import { loadPlugins } from './load-plugins.ts'

/**
 * Loads the plugins and makes them ready with their settings; returns the topics that are consumed too. `watch` is called around each
 * handler.
 * @throws PLUGINS_UNREADABLE, PLUGINS_INVALID, CONFIG_INVALID where there is no topic, one is named that no plugin has, or two have one
 * name on the brokers
 */
export async function composeHost(
  config: Config,
  plugins: URL | readonly AnyPlugin[],
  logger: Logger,
  watch?: Watch,
): Promise<{ readonly host: Host; readonly topics: readonly string[] }> {
  const loaded = await loadPlugins(plugins)
  const host = createHost({
    plugins: loaded,
    settings: config.plugins,
    logger,
    linkSchemes: config.link_schemes,
    ...(watch && { watch }),
  })
  return { host, topics: topicsOf(config, host, topicsIn(loaded)) }
}

/** The topics that are consumed; a topic that no plugin listens to is a mistake, and so is a name on Kafka for such a topic. */
function topicsOf(config: Config, host: Host, known: readonly string[]): readonly string[] {
  const { topics = host.topics, kafka } = config
  const problems = host.topics.length === 0 ? [noTopics] : unknownIn(topics, host.topics)
  if (kafka !== undefined) problems.push(...topicProblems(kafka, known))
  if (problems.length > 0)
    throw serverErrors.CONFIG_INVALID(
      { problems: problems.map(({ path, message }) => `${path} ${message}`).join('\n') },
      { problems },
    )
  return topics
}

/** Nothing would ever be read, which cannot be intended. */
const noTopics = {
  path: 'notification_service.plugins',
  message: 'leaves every plugin out that listens to a topic, expected one at least',
}

const unknownIn = (topics: readonly string[], known: readonly string[]): Problem[] =>
  topics
    .filter((topic) => !known.includes(topic))
    .map((topic) => ({
      path: 'notification_service.topics',
      message: `has ${topic}, which no composed plugin listens to; there are ${known.join(', ')}`,
    }))

/** The topics of all plugins, also of those that are disabled: to disable one for a while takes no other change. */
const topicsIn = (plugins: readonly AnyPlugin[]): readonly string[] => {
  const exported = plugins.flatMap(({ events }): unknown[] => Object.values(events))
  const topics = exported.map((one): unknown => Object(one).topic)
  return [...new Set(topics.filter((topic) => typeof topic === 'string'))]
}
