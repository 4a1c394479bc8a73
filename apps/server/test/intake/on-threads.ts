import type { Worker } from 'node:worker_threads'
import { bookingCreated } from '@belfry/contracts/booking'
import type { PostgresForTests } from '@belfry/test-services'
import { Client } from 'pg'
import { expect } from 'vitest'
import type { ForcedThreads } from '../../src/intake/compose-intake.ts'
import type { FromThread, ToThread } from '../../src/intake/threads/messages.ts'
import type { Ticks } from '../../src/intake/threads/watchdog.ts'
import { startBelfry } from '../start-belfry.ts'

/** The watchdog's second, made short: a thread is silent after two seconds. */
export const quick: Ticks = (tick) => {
  const timer = setInterval(tick, 200)
  return () => clearInterval(timer)
}

/** A watchdog that never looks: for what a thread is ended for beside its silence. */
export const never: Ticks = () => () => {}

/** A booking that the troubled plugin does something with. */
export const booked = (id: string, userId: string, resourceName?: string, resourceId = '/nowhere') =>
  bookingCreated.create({
    source: '/test',
    id,
    data: {
      bookingId: id,
      userId,
      resourceId,
      ...(resourceName !== undefined && { resourceName }),
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })

/** The threads that begin from now on. Messages for which `isLost` returns true arrive neither at them nor from them. */
export function watchThreads(isLost: (message: ToThread | FromThread) => boolean = () => false) {
  const all: Worker[] = []
  const note = (worker: Worker) => {
    all.push(worker)
    const post = worker.postMessage.bind(worker)
    worker.postMessage = (message: ToThread) => void (isLost(message) || post(message))
    const listeners = worker.listeners('message')
    worker.removeAllListeners('message')
    worker.on('message', (message: FromThread) => {
      if (!isLost(message)) for (const listener of listeners) listener(message)
    })
  }
  process.on('worker', note)
  return {
    all,
    running: () => all.filter(({ threadId }) => threadId !== -1),
    [Symbol.dispose]: () => void process.off('worker', note),
  }
}

/** Belfry on Postgres with its intake in threads. */
export async function onThreads(
  postgres: PostgresForTests | undefined,
  { threads = 2, database, env = {}, ...more }: ForcedThreads & { database?: string; env?: NodeJS.ProcessEnv } = {},
) {
  if (postgres === undefined) throw new Error('there is no Postgres')
  const belfry = await startBelfry({
    postgres: database ?? (await postgres.createDatabase()),
    forced: { ticks: quick, ...more, threads },
    plugins: new URL('./troubled-plugins.ts', import.meta.url),
    env,
  })
  const ops = async (path: string, init: { method?: string; json?: unknown } = {}) => {
    const authorization = `Bearer ${await belfry.token('op', 'ops')}`
    const { status, body } = await belfry.call('op', `/v1/ops${path}`, { ...init, headers: { authorization } })
    return { status, body }
  }
  /** While no thread answers there is none. */
  const lag = async () => {
    const { items } = (await ops('/positions')).body
    return items?.map((item: { lag: { events: number } }) => item.lag.events)
  }
  /** How many records are not applied. */
  const waiting = async (): Promise<number> => {
    const client = new Client({ connectionString: belfry.config.postgres?.url })
    await client.connect()
    try {
      const { rows } = await client.query(`select sum(e.next - coalesce(p.next, 0))::int as waiting
        from event_log_end e left join position p using (topic, partition)`)
      return rows[0].waiting
    } finally {
      await client.end()
    }
  }
  const ready = async (): Promise<{ readonly status: string; readonly parts: Record<string, { why?: string }> }> =>
    JSON.parse(await (await fetch(`${belfry.url}/ready`)).text())
  const inbox = async (person: string) => (await belfry.call(person, '/v1/notifications?limit=200')).body
  return {
    ...belfry,
    ops,
    inbox,
    /** Who told this person of which booking, in order. */
    told: async (person: string): Promise<readonly string[]> =>
      (await inbox(person)).items
        .map(({ type, title }: { type: string; title: string }) => `${type.split('.')[0]}: ${title}`)
        .toReversed(),
    letters: async () => (await ops('/dead-letters')).body.items,
    ready,
    /** What is wrong with the source now: what /ready says is kept for a second, but for the first answer after an operator's act. */
    troubleNow: async () => {
      await belfry.belfry.start('booking')
      return (await ready()).parts.source?.why
    },
    metric: async (name: string) => {
      const lines = (await (await fetch(`${belfry.url}/metrics`)).text()).split('\n')
      return lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1)
    },
    lag,
    /** Waits until everything that was sent is applied, as the store has it: what operators are told may be a second old. */
    applied: (timeout = 20_000) => expect.poll(waiting, { timeout }).toBe(0),
  }
}
