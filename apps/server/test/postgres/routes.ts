import { expect } from 'vitest'
import type { startBelfry } from '../start-belfry.ts'
import { soon } from './traffic.ts'

type Started = Awaited<ReturnType<typeof startBelfry>>

interface Route {
  readonly name: string
  readonly writes: boolean
  readonly path: string
  readonly init?: RequestInit & { readonly json?: unknown }
}

const post = (json?: unknown) => ({ method: 'POST', ...(json !== undefined && { json }) })

/** Every route that asks the store or the log. The person whom they are about has nothing to do with the traffic. */
const routes: readonly Route[] = [
  { name: 'list', writes: false, path: '/v1/notifications' },
  { name: 'one', writes: false, path: '/v1/notifications/1' },
  {
    name: 'mark',
    writes: true,
    path: '/v1/notifications/1',
    init: { method: 'PATCH', json: { read: true } },
  },
  { name: 'read', writes: true, path: '/v1/notifications/read', init: post({ through: 1 }) },
  { name: 'positions', writes: false, path: '/v1/ops/positions' },
  { name: 'dead letters', writes: false, path: '/v1/ops/dead-letters' },
  { name: 'dead letter', writes: false, path: '/v1/ops/dead-letters/1' },
  { name: 'retry', writes: false, path: '/v1/ops/dead-letters/1/retry', init: post() },
  { name: 'delete', writes: true, path: '/v1/ops/dead-letters/1', init: { method: 'DELETE' } },
  { name: 'why', writes: false, path: '/v1/ops/people/asked/notifications/1' },
  { name: 'erase', writes: true, path: '/v1/ops/people/gone', init: { method: 'DELETE' } },
  { name: 'pause', writes: true, path: '/v1/ops/topics/waitlist/pause', init: post() },
  { name: 'resume', writes: true, path: '/v1/ops/topics/waitlist/resume', init: post() },
]

/** What each route answers now: its status, `!` behind a 503 that does not say when to come again. */
export async function askEverything(belfry: Started, which: 'all' | 'reads' | 'writes' = 'all') {
  const token = await belfry.token('asked', 'ops events:write')
  const asked = routes.filter(({ writes }) => which === 'all' || (which === 'writes') === writes)
  const ask = async ({ name, path, init = {} }: Route) => {
    const answer = await soon(belfry.call('asked', path, { ...init, headers: { authorization: `Bearer ${token}` } }))
    if (answer === 'not answered') return [name, answer]
    const retry = answer.status === 503 && !/^\d+$/.test(answer.headers.get('retry-after') ?? '')
    return [name, retry ? '503 without Retry-After' : answer.status]
  }
  // Resumed is what was paused, and stays so.
  const [last, first] = [asked.filter(({ name }) => name === 'resume'), asked.filter(({ name }) => name !== 'resume')]
  const answers = [...(await Promise.all(first.map(ask))), ...(await Promise.all(last.map(ask)))]
  expect(await soon(belfry.call('asked', '/live'))).toMatchObject({ status: 200 })
  return Object.fromEntries(answers)
}

/** Checks that everything is answered soon, with 503 and Retry-After. */
export async function expectAway(belfry: Started, which: 'all' | 'reads' | 'writes' = 'all') {
  const answers = await askEverything(belfry, which)
  expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((name) => [name, 503])))
}

/** What `GET /ready` says of the store. */
export async function readyOf(belfry: Started) {
  const answer = await soon(belfry.call('asked', '/ready'))
  return answer === 'not answered'
    ? answer
    : `${answer.status} ${answer.body.status} ${answer.body.parts.store.why ?? ''}`
}

/** Waits until it says in words that the store is down. */
export async function expectDown(belfry: Started) {
  await expect.poll(() => readyOf(belfry), { timeout: 20_000 }).toMatch(/^503 down STORE_UNAVAILABLE: /)
}

/** Waits until everything is well again: ready, with nothing that waits. */
export async function expectReady(belfry: Started) {
  await expect.poll(() => readyOf(belfry), { timeout: 30_000 }).toBe('200 ok ')
}
