import { postgresForTests } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import { openSocket, startBelfry } from '../start-belfry.ts'
import { eventOf } from './traffic.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

describe.skipIf(postgres === undefined)('Belfrys on one Postgres', () => {
  it('tell one another at once whose inbox has changed, who is erased, and what is paused', async () => {
    const url = (await postgres?.createDatabase()) ?? ''
    // The first to come reads every topic: whatever the second tells its people it has heard of.
    await using first = await startBelfry({ postgres: url })
    await using second = await startBelfry({ postgres: url })
    const ops = async (path: string, method: string) => {
      const authorization = `Bearer ${await first.token('op', 'ops')}`
      return (await first.call('op', `/v1/ops${path}`, { method, headers: { authorization } })).status
    }
    const socket = openSocket(second.url, await second.token('u1'))
    await expect.poll(() => socket.frames.length).toBe(1)

    expect(await second.send(eventOf('u1', 1))).toBe(202)
    await expect.poll(() => socket.frames.at(-1)).toMatchObject({ head: 1, unread: 1 })
    const read = { method: 'POST', json: { through: 1 } }
    expect((await first.call('u1', '/v1/notifications/read', read)).status).toBe(200)
    await expect.poll(() => socket.frames.at(-1)).toMatchObject({ after: 1, head: 2, unread: 0 })

    expect(await ops('/topics/booking/pause', 'POST')).toBe(200)
    const parts = async () => (await (await fetch(`${second.url}/ready`)).json()) as { parts: Record<string, object> }
    await expect.poll(async () => (await parts()).parts['topic booking']).toEqual({ status: 'degraded', why: 'paused' })
    expect(await ops('/topics/booking/resume', 'POST')).toBe(200)
    await expect.poll(async () => (await parts()).parts['topic booking']).toEqual({ status: 'ok' })

    expect(await ops('/people/u1', 'DELETE')).toBe(200)
    expect(await socket.closed).toBe(4001)
  })
})
