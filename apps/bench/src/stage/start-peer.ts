import { fileURLToPath } from 'node:url'
import { freePort } from '@belfry/test-services'
import { Program } from '../machine/program.ts'
import { createService, type Service } from './service.ts'
import { type Services, topicOf } from './services.ts'

const programs = {
  each: { file: 'handwritten.ts', mode: 'each' },
  batch: { file: 'handwritten.ts', mode: 'batch' },
  'batch-tuned': { file: 'tuned.ts', mode: 'batch' },
} as const

/** The services that are written by hand. */
export type PeerName = keyof typeof programs

/** Starts a service that is written by hand, in a place of its own. */
export async function startPeer(services: Services, name: PeerName): Promise<Service> {
  const { file, mode } = programs[name]
  await using opened = new AsyncDisposableStack()
  const place = opened.use(await services.createPlace())
  const port = await freePort()
  const path = fileURLToPath(new URL(`../peers/${file}`, import.meta.url))
  const env = {
    PG: place.postgres,
    BROKER: place.brokers.join(),
    TOPIC: topicOf(place, 'booking'),
    GROUP: `bench-${place.id}`,
    PORT: String(port),
    MODE: mode,
  }
  return await createService({
    opened,
    async launch() {
      const program = new Program(path, { env })
      await program.receive((message) => message === 'ready' || undefined)
      return program
    },
    protocol: 'plain',
    url: `ws://127.0.0.1:${port}`,
    place,
    table: 'hw_notification',
  })
}
