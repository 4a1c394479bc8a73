import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { findKafka, findPrograms, isMissing } from '../src/index.ts'

/** Starts `pnpm services` as a terminal does, with a folder of its own for all files that it creates. */
function startServices() {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-services-'))
  chmodSync(folder, 0o755)
  const script = fileURLToPath(new URL('../../../scripts/services.ts', import.meta.url))
  const child = spawn(process.execPath, [script], { detached: true, env: { ...process.env, TMPDIR: folder } })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += data))
  const { promise: ended, resolve } = Promise.withResolvers<number | null>()
  child.on('close', resolve)
  return {
    ended,
    output: () => out,
    /** Waits until it has printed what to do next, or has ended. */
    async ready() {
      await expect
        .poll(() => out.includes('Ctrl-C ends both') || child.exitCode !== null, { timeout: 50_000 })
        .toBe(true)
      return out
    },
    made: () => readdirSync(folder, { recursive: true, encoding: 'utf8' }),
    processes: () =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(folder)),
    /** As Ctrl-C does: everything that the terminal has started gets the signal. */
    signal: (signal: NodeJS.Signals) => process.kill(-(child.pid ?? Number.NaN), signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes a port busy, unless another process listens there already. */
async function occupy(port: number): Promise<AsyncDisposable> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = createServer()
    .listen(port, '127.0.0.1', resolve)
    .once('error', () => resolve())
  await promise
  return {
    async [Symbol.asyncDispose]() {
      const { promise: closed, resolve: close } = Promise.withResolvers<void>()
      server.close(() => close())
      await closed
    },
  }
}

describe.skipIf(isMissing(findKafka(), findPrograms()))('the services for developing', () => {
  it('are what their Config.toml says, on other ports where theirs are busy, and leave nothing after Ctrl-C', async () => {
    await using _kafka = await occupy(9_092)
    await using _postgres = await occupy(5_432)
    await using services = startServices()
    const output = await services.ready()
    expect(output).toContain('Ctrl-C ends both')
    expect(output).toMatch(/Port 9092 is busy: Kafka takes a free one/)
    expect(output).toMatch(/Port 5432 is busy: Postgres takes a free one/)

    const bootstrap = /^\[notification_service\.kafka\]\nbootstrap_servers = \["(.+)"\]$/m.exec(output)?.[1] ?? ''
    const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata()
    await admin.disconnect()
    expect(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))).toEqual({
      booking: 6,
      waitlist: 6,
      conflict: 6,
      notification: 6,
      user: 6,
      resource: 6,
    })

    const connectionString = /^\[notification_service\.postgres\]\nurl = "(.+)"$/m.exec(output)?.[1] ?? ''
    const client = new Client({ connectionString })
    await client.connect()
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'belfry' }])
    await client.end()
    expect(output).toMatch(/^\[notification_service\.auth\]\nsecrets = \[".{32,}"\]$/m)
    expect(output).toContain('TOKEN=$(npx --yes pnpm@12 --silent run token u1 --scope "events:write ops")')
    const exported = Object.fromEntries(
      [...output.matchAll(/^export (\w+)="(.+)"$/gm)].map(([, name, value]) => [name, value]),
    )
    expect(exported).toEqual({
      DATABASE_URL: connectionString.replace(/belfry$/, 'postgres'),
      KAFKA_BROKERS: bootstrap,
    })

    services.signal('SIGINT')
    expect(await services.ended).toBe(0)
    expect([services.made(), services.processes()]).toEqual([[], []])
  })

  it('leave nothing where they are ended while they start', async () => {
    await using services = startServices()
    await expect.poll(services.made, { interval: 5 }).toContainEqual(expect.stringContaining('belfry-kafka-'))
    services.signal('SIGTERM')
    expect(await services.ended).toBe(0)
    expect(services.output()).not.toContain('is ready')
    expect([services.made(), services.processes()]).toEqual([[], []])
  })
})
