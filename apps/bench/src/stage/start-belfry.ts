import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@belfry/test-services'
import { type BelfryRun, runBelfry } from './run-belfry.ts'
import { createService, SECRET, type Service } from './service.ts'
import type { Place, Services } from './services.ts'

/** Starts Belfry from its build, with its defaults, on the Kafka and the Postgres of a place of its own. */
export async function startBelfry(
  services: Services,
  more: Pick<BelfryRun, 'flags' | 'env' | 'plugins'> = {},
): Promise<Service> {
  await using opened = new AsyncDisposableStack()
  const place = opened.use(await services.createPlace())
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'belfry-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  // The plugin that does I/O is composed with one other, which reads the same topic.
  const names = more.plugins === 'io' ? ['booking'] : [...place.topics.keys()]
  const config = configOf(place, port, names)
  return await createService({
    opened,
    launch: () => runBelfry({ folder, config, port, ...more }),
    protocol: 'belfry',
    url: `ws://127.0.0.1:${port}/v1/stream`,
    http: `http://127.0.0.1:${port}`,
    place,
    table: 'notification',
  })
}

const configOf = (
  { id, brokers, postgres, topics }: Place,
  port: number,
  names: readonly string[],
): string => `[notification_service.http]
port = ${port}
[notification_service.auth]
secret = "${SECRET}"
[notification_service.kafka]
bootstrap_servers = ${JSON.stringify(brokers)}
group_id = "bench-${id}"
[notification_service.kafka.topic_names]
${names.map((name) => `${name} = "${topics.get(name)}"`).join('\n')}
[notification_service.postgres]
url = "${postgres}"
`
