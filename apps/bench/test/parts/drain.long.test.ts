import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findKafka, findPrograms, isMissing } from '@belfry/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drainOnce } from '../../src/parts/drain.ts'
import { openServices, type Services } from '../../src/stage/services.ts'
import type { ServiceName } from '../../src/stage/start-service.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const PEERS: readonly ServiceName[] = ['Belfry', 'each', 'batch', 'batch-tuned']

describe.skipIf(isMissing(findKafka(), findPrograms()))('the part drain', () => {
  let services: Services

  beforeAll(async () => {
    execFileSync('npx', ['--yes', 'pnpm@12', 'build'], { cwd: root, stdio: 'pipe' })
    services = await openServices()
  })
  afterAll(async () => {
    await services?.[Symbol.asyncDispose]()
  })

  it.for(PEERS)('measures all of a backlog that %s drains', async (peer) => {
    const { values, curve } = await drainOnce(services, peer, { events: 400, crowd: { people: 40, sockets: 20 } })
    expect(values).toMatchObject({ lost: 0, repeated: 0 })
    expect(values.eventsPerSecond).toBeGreaterThan(0)
    expect(values.resident).toBeGreaterThan(10)
    expect(curve?.length).toBeGreaterThan(0)
  })
})
