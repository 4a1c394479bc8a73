import { findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startBelfry } from '../start-belfry.ts'
import { askEverything, expectReady, readyOf } from './routes.ts'
import { soon, startTraffic } from './traffic.ts'

/** Somebody else's transaction, which keeps what a statement locks until it is let go. */
async function hold(url: string, statement: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query(statement)
  return { letGo: () => client.end() }
}

describe.skipIf(isMissing(findPrograms()))('on a Postgres that somebody has locked', () => {
  it('the table of inboxes keeps nobody waiting for ever, and the intake goes on when it is free', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    await using belfry = await startBelfry({
      postgres: url,
      env: { NOTIFICATION_SERVICE__POSTGRES__STATEMENT_TIMEOUT: '2s' },
    })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    const held = await hold(url, 'lock table inbox in access exclusive mode')
    // What does not touch inboxes goes on: events are accepted, and kept until they can be told.
    const answers = await askEverything(belfry)
    expect(answers).toMatchObject({ list: 503, one: 503, mark: 503, read: 503, 'dead letters': 200, positions: 200 })
    expect(Object.values(answers)).not.toContain('not answered')
    expect(Object.values(answers)).not.toContain('503 without Retry-After')
    expect(Object.values(answers)).not.toContain(500)
    await traffic.flows()
    await expect
      .poll(async () => (await belfry.call('asked', '/ready')).body, { timeout: 20_000 })
      .toMatchObject({ status: 'degraded', parts: { source: { status: 'degraded', why: /STORE_UNAVAILABLE/ } } })
    await held.letGo()
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
  })

  it('an inbox makes the intake wait, and the log makes events wait: /ready says which, and why', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    await using belfry = await startBelfry({ postgres: url })
    await using traffic = await startTraffic([belfry])
    await traffic.flows()
    const source = async () => (await belfry.call('asked', '/ready')).body.parts.source
    const inbox = await hold(url, 'lock table inbox in access exclusive mode')
    // Long before its statement is given up.
    await expect.poll(source).toEqual({
      status: 'degraded',
      why: expect.stringMatching(/^a transaction that has been under way for \d seconds$/),
    })
    await inbox.letGo()
    await expectReady(belfry)
    const log = await hold(url, 'lock table event_log in access exclusive mode')
    await expect.poll(source).toMatchObject({ status: 'degraded' })
    await log.letGo()
    await expectReady(belfry)
    await traffic.flows()
    await traffic.settle()
  })

  it('one inbox keeps only its person waiting', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    await using belfry = await startBelfry({
      postgres: url,
      env: { NOTIFICATION_SERVICE__POSTGRES__STATEMENT_TIMEOUT: '2s' },
    })
    await using traffic = await startTraffic([belfry])
    await using other = await startTraffic([belfry], 'u2')
    await Promise.all([traffic.flows(), other.flows()])
    const held = await hold(url, `select from inbox where person = 'u1' for update`)
    const mark = (person: string) =>
      soon(belfry.call(person, '/v1/notifications/1', { method: 'PATCH', json: { archived: true } }))
    expect(await mark('u1')).toMatchObject({ status: 503 })
    expect(await mark('u2')).toMatchObject({ status: 200 })
    expect(await soon(belfry.call('u1', '/v1/notifications'))).toMatchObject({ status: 200 })
    await Promise.all([traffic.flows(), other.flows()])
    await held.letGo()
    await expectReady(belfry)
    // Back where everybody expects it.
    await belfry.call('u2', '/v1/notifications/1', { method: 'PATCH', json: { archived: false } })
    await traffic.settle()
    await other.settle()
  })

  it('it is closed as soon as what is under way has been answered', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const belfry = await startBelfry({ postgres: url })
    expect(await belfry.call('u1', '/v1/notifications')).toMatchObject({ status: 200 })
    const held = await hold(url, 'lock table inbox in access exclusive mode')
    // Of one person fewer are at the store at once.
    const asked = Array.from({ length: 5 }, (_, index) => belfry.call(`u${index}`, '/v1/notifications'))
    const waits = new Client({ connectionString: url })
    await waits.connect()
    await expect
      .poll(async () => (await waits.query('select from pg_locks where not granted')).rowCount)
      .toBe(asked.length)
    await waits.end()
    const closed = belfry.belfry.close()
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 503))
    expect(await soon(closed.then(() => 'closed'))).toBe('closed')
    expect(await readyOf(belfry).catch(() => 'refused')).toBe('refused')
    await held.letGo()
  })
})
