import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@belfry/test-services'
import type { Program } from '../machine/program.ts'
import { runBelfry } from './run-belfry.ts'
import { SECRET } from './service.ts'
import type { Place, Services } from './services.ts'

/** A Belfry with its store and its log in Postgres. */
export interface BelfryOnPostgres {
  readonly program: Program
  readonly http: string
  readonly place: Place
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts Belfry on Postgres without Kafka: events come over HTTP. */
export async function startOnPostgres(services: Services): Promise<BelfryOnPostgres> {
  await using opened = new AsyncDisposableStack()
  const place = opened.use(await services.createPlace())
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'belfry-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  const config = `[notification_service.http]
port = ${port}
[notification_service.auth]
secret = "${SECRET}"
[notification_service.postgres]
url = "${place.postgres}"
`
  const program = await runBelfry({ folder, config, port })
  opened.defer(() => program.stop())
  const kept = opened.move()
  const http = `http://127.0.0.1:${port}`
  return { program, http, place, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() }
}
