import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPrograms, giveToPostgres, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startBelfry } from '../start-belfry.ts'
import { askEverything, expectAway, expectDown, expectReady, readyOf } from './routes.ts'
import { startTraffic } from './traffic.ts'

async function connect(url: string) {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** A small disk; undefined where this user may not mount one. */
function mountSmallDisk(megabytes = 24) {
  const path = mkdtempSync(join(tmpdir(), 'belfry-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    rmSync(path, { recursive: true })
    return undefined
  }
  giveToPostgres(path)
  return {
    path,
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', path])
      rmSync(path, { recursive: true })
    },
  }
}

/** Takes all the room that there is. */
function fill(filler: string) {
  try {
    for (;;) appendFileSync(filler, Buffer.alloc(4_096))
  } catch {
    // There is no room left.
  }
}

describe('on the embedded default', () => {
  it('with a full disk people read on, and what writes is refused until there is room', async ({ skip }) => {
    using disk = mountSmallDisk(220)
    if (disk === undefined) return skip('this user may not mount a small disk')
    const folder = join(disk.path, 'belfry')
    const filler = join(disk.path, 'filler')
    {
      await using belfry = await startBelfry({ folder })
      await using traffic = await startTraffic([belfry])
      await traffic.flows()
      fill(filler)
      // What finds nothing to write is answered as always.
      expect(await askEverything(belfry, 'writes')).toEqual({
        mark: 404,
        read: 200,
        delete: 503,
        erase: 503,
        pause: 503,
        resume: 503,
      })
      await expect.poll(() => traffic.refused).toBeGreaterThan(3)
      expect(await askEverything(belfry, 'reads')).toMatchObject({ list: 200, one: 404, positions: 200, why: 404 })
      expect(await readyOf(belfry)).toMatch(/^200 degraded its disk has \d+ MB left, expected at least 64: /)
      rmSync(filler)
      await expectReady(belfry)
      await traffic.flows()
      await traffic.settle()
    }
    fill(filler)
    await expect(startBelfry({ folder })).rejects.toThrow(
      /^FOLDER_UNUSABLE: .* cannot be used: its disk has \d+ MB left/,
    )
    rmSync(filler)
    await (await startBelfry({ folder })).belfry.close()
  })
})

describe.skipIf(isMissing(findPrograms()))('on a Postgres that does less than it should', () => {
  it('because others hold every connection, Belfry answers, waits and goes on', async () => {
    await using server = await startPostgres(['max_connections=20', 'superuser_reserved_connections=0'])
    const url = await server.createDatabase('belfry')
    await using belfry = await startBelfry({ postgres: url })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    const admin = await connect(server.url())
    const others: Client[] = []
    const takeOver = async () => {
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'belfry' and backend_type = 'client backend'`,
      )
      try {
        for (;;) others.push(await connect(server.url()))
      } catch {
        return others.length
      }
    }
    // Whoever is cut comes back at once: they are cut until the others and we have all twenty.
    await expect.poll(takeOver, { timeout: 20_000 }).toBe(19)
    await expectDown(belfry)
    await expectAway(belfry)
    await Promise.all(others.map((other) => other.end()))
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
    await admin.end()
  })

  it('because it only reads, people read on, and what writes is refused until it writes again', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    await using belfry = await startBelfry({ postgres: url })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    const admin = await connect(server.url())
    await admin.query('alter system set default_transaction_read_only = on')
    await admin.query('select pg_reload_conf()')
    await expect.poll(() => askEverything(belfry, 'writes')).toMatchObject({ resume: 503 })
    await expectAway(belfry, 'writes')
    expect(await askEverything(belfry, 'reads')).toMatchObject({ list: 200, one: 404, positions: 200, why: 404 })
    expect(await readyOf(belfry)).toMatch(/^200 /)
    await admin.query('set default_transaction_read_only = off')
    await admin.query('alter system reset default_transaction_read_only')
    await admin.query('select pg_reload_conf()')
    await admin.end()
    await traffic.flows()
    await expectReady(belfry)
    await traffic.settle()
  })

  it('because its disk is full, people read on, and what writes is refused until there is room', async ({ skip }) => {
    using disk = mountSmallDisk()
    if (disk === undefined) return skip('this user may not mount a small disk')
    await using server = await startPostgres()
    const admin = await connect(server.url())
    await admin.query(`create tablespace small location '${disk.path}'`)
    await admin.query('create database belfry tablespace small')
    await admin.end()
    await using belfry = await startBelfry({ postgres: server.url('belfry') })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    const filler = join(disk.path, 'filler')
    // What is left in pages that are there already is used up first.
    const refusals = () => {
      fill(filler)
      return traffic.refused
    }
    await expect.poll(refusals, { timeout: 30_000, interval: 5 }).toBeGreaterThan(20)
    expect(Object.values(await askEverything(belfry))).not.toContain(500)
    expect(Object.values(await askEverything(belfry))).not.toContain('not answered')
    expect(await askEverything(belfry, 'reads')).toMatchObject({ list: 200, one: 404, positions: 200, why: 404 })
    rmSync(filler)
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
  })
})
