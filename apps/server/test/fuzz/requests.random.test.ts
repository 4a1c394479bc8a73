import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomRuns } from '@belfry/test-services/random'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { begunFolder, startBelfry } from '../start-belfry.ts'
import { connections, expectWell } from './afterwards.ts'
import { openClient } from './exchange.ts'
import { unlimited } from './limits.ts'
import { anyRequest } from './requests.ts'
import { routesOf } from './routes.ts'
import { rulesOf } from './rules.ts'
import { credentialsFor, people } from './tokens.ts'

/*
 * Requests made from what the running server says of itself: a route that is added is tried without a change here.
 */

/** So many are under way at once, and half as many on average. */
const AT_ONCE = 20

let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({
    folder: folder.path,
    env: { ...unlimited, NOTIFICATION_SERVICE__HTTP__ALLOWED_ORIGINS: 'https://app.example.com' },
  })
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

it('every request is answered as the document says, and tells nothing of what is inside', { timeout: 0 }, async () => {
  const routes = await routesOf(app.url)
  const credentials = await credentialsFor(routes, folder.path)
  const secret = (await readFile(join(folder.path, 'token-secret'), 'utf8')).trim()
  const broken = rulesOf(routes, [folder.path, process.cwd(), secret])
  const before = connections()
  const succeeded = new Set<string>()
  {
    using client = openClient(app.url)
    const requests = fc.array(anyRequest(routes, credentials), { minLength: 1, maxLength: AT_ONCE, size: 'max' })
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const answers = await Promise.all(all.map(client.send))
        for (const [index, sent] of all.entries()) {
          const answer = answers[index]
          if (answer === undefined) continue
          expect(broken(sent, answer), `${sent.method} ${sent.address.slice(0, 200)}`).toEqual([])
          if (sent.valid && answer.status < 300) succeeded.add(`${sent.method} ${sent.address.split('?', 1)[0]}`)
        }
      }),
      randomRuns(300),
    )
  }
  // What is found in no inbox is no success, but whatever needs no name has had one.
  const plain = routes.filter(({ path }) => !path.includes('{')).map(({ method, path }) => `${method} ${path}`)
  expect([...succeeded]).toEqual(expect.arrayContaining(plain))
  await expectWell(app, people, before)
})
