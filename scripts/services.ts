// Starts a Postgres and a Kafka for developing, says how Belfry finds them, and ends both at Ctrl-C. What they hold ends with them.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { allContracts } from '../packages/contracts/src/index.ts'
import { findKafka, installKafka, startKafka, startPostgres } from '../packages/test-services/src/index.ts'

const PARTITIONS = 6
const topics = [...new Set(allContracts.map(({ topic }) => topic))]

const stopping = new AbortController()
const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    stopping.abort()
    stop()
  })

// Everything is made in one folder, which Postgres must come through as a user of its own: wherever a start is broken off, nothing is left.
const folder = mkdtempSync(join(tmpdir(), 'belfry-services-'))
chmodSync(folder, 0o711)
process.env.TMPDIR = folder
try {
  await run()
} catch (error) {
  // Ctrl-C reaches what is starting sooner than us.
  await turn()
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  if (findKafka() === undefined) console.log('Fetching Kafka, this once')
  installKafka()
  await using postgres = await startPostgres([], await portFor('Postgres', 5_432))
  if (stopping.signal.aborted) return
  await using kafka = await startKafka(await portFor('Kafka', 9_092))
  const url = await postgres.createDatabase('belfry')
  for (const topic of topics) await kafka.createTopic(topic, { partitions: PARTITIONS })
  if (stopping.signal.aborted) return
  console.log(`Postgres is ready at ${url}
Kafka is ready at ${kafka.bootstrap}, with ${PARTITIONS} partitions of each topic: ${topics.join(', ')}

Belfry uses both with this Config.toml:

[notification_service.kafka]
bootstrap_servers = ${JSON.stringify(kafka.bootstrap)}

[notification_service.postgres]
url = "${url}"

[notification_service.auth]
secrets = ["${randomBytes(32).toString('base64url')}"]

With it in this folder, \`npx --yes pnpm@12 start\` starts Belfry. A token for the person u1, who may also send events:

TOKEN=$(npx --yes pnpm@12 --silent run token u1 --scope "events:write ops")

The example producer (apps/example-producer) uses both with these variables:

export DATABASE_URL=${JSON.stringify(postgres.url())}
export KAFKA_BROKERS=${JSON.stringify(kafka.bootstrap.join())}

Ctrl-C ends both, and what they hold.`)
  await stopped
}

/** The port that everybody expects, unless it is busy: then none, which takes a free one. */
async function portFor(name: string, port: number): Promise<{ readonly port?: number }> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer().listen(port, '127.0.0.1')
  server.once('listening', () => server.close(() => resolve(true))).once('error', () => resolve(false))
  if (await promise) return { port }
  console.log(`Port ${port} is busy: ${name} takes a free one`)
  return {}
}
