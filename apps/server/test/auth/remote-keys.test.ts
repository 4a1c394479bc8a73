import { once } from 'node:events'
import { createServer } from 'node:http'
import { createGzip } from 'node:zlib'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createRemoteKeys } from '../../src/auth/remote-keys.ts'
import { serverLimits } from '../../src/limits/server-limits.ts'
import { serveKeys } from '../serve-keys.ts'

it('that hang keep a thousand tokens waiting, and no more', async () => {
  await using served = await serveKeys('hang')
  let refused = 0
  const keys = createRemoteKeys({
    url: new URL(served.url),
    logger: pino({ level: 'silent' }),
    onBeyond: () => refused++,
  })
  const { most } = serverLimits.KEYS_WAITING
  const waiting = Array.from({ length: most }, () => keys.matching({ alg: 'RS256', kid: 'unknown' }))
  const ended = Promise.allSettled(waiting)
  for (let one = 0; one < 5; one++)
    await expect(keys.matching({ alg: 'RS256', kid: 'unknown' })).rejects.toThrow('KEYS_UNAVAILABLE')
  expect(refused).toBe(5)
  expect(served.count()).toBeLessThanOrEqual(1)
  // They end when the fetch is given up, and others may wait.
  for (const { status } of await ended) expect(status).toBe('rejected')
  const again = keys.matching({ alg: 'RS256', kid: 'unknown' })
  await expect(again).rejects.toThrow('KEYS_UNAVAILABLE')
  expect(refused).toBe(5)
})

it('that are larger than keys can be are not read to their end', async () => {
  const { most } = serverLimits.KEYS_BYTES
  let sent = 0
  const server = createServer(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    // A megabyte on the wire is a gigabyte of it.
    const zip = createGzip()
    zip.pipe(response)
    const more = () => {
      while (sent < most * 200 && !response.destroyed) {
        sent += most
        if (!zip.write(' '.repeat(most))) return void zip.once('drain', more)
      }
      zip.end('{"keys":[]}')
    }
    more()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const warned: unknown[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) })
  const keys = createRemoteKeys({ url: new URL(`http://127.0.0.1:${port}/`), logger })
  await expect(keys.matching({ alg: 'RS256', kid: 'unknown' })).rejects.toThrow('KEYS_UNAVAILABLE')
  expect(warned.join()).toContain('larger than 1048576 bytes')
  expect(sent).toBeLessThan(most * 200)
  server.closeAllConnections()
  server.close()
})
