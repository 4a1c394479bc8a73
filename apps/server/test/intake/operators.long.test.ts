import type { Worker } from 'node:worker_threads'
import { postgresForTests } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import type { Ticks } from '../../src/intake/threads/watchdog.ts'
import { booked, onThreads, watchThreads } from './on-threads.ts'
import { noted } from './troubled-note.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** Ends every thread that begins from now on, before it is ready. */
function endEveryThread() {
  const end = (worker: Worker) => void worker.once('online', () => void worker.terminate())
  process.on('worker', end)
  return { [Symbol.dispose]: () => void process.off('worker', end) }
}

/** A watchdog that can be told to look so many times, and then no more before it is told to go on. */
function looking(): { readonly ticks: Ticks; stopAfter(times: number): void; goOn(): void } {
  let left = Number.POSITIVE_INFINITY
  return {
    ticks(tick) {
      const timer = setInterval(() => left-- > 0 && tick(), 200)
      return () => clearInterval(timer)
    },
    stopAfter(times) {
      left = times
    },
    goOn() {
      left = Number.POSITIVE_INFINITY
    },
  }
}

type OnThreads = Awaited<ReturnType<typeof onThreads>>

/** Calls what operators call, and expects what they are told while everything is well. */
async function expectAnswers(belfry: OnThreads, position: number) {
  const { status, body } = await belfry.ops('/positions')
  expect([status, body.items?.length]).toEqual([200, 1])
  const moved = { method: 'PUT', json: { position } }
  expect(await belfry.ops('/topics/booking/partitions/0/position', moved)).toMatchObject({
    status: 200,
    body: { topic: 'booking', partition: 0, position },
  })
  expect((await belfry.ops('/positions')).body.items).toMatchObject([{ topic: 'booking', position }])
  const beyond = { method: 'PUT', json: { position: 99 } }
  expect(await belfry.ops('/topics/booking/partitions/0/position', beyond)).toMatchObject({
    status: 400,
    body: { code: 'POSITION_OUTSIDE' },
  })
  for (const [act, state] of [
    ['pause', 'paused'],
    ['resume', 'running'],
  ])
    expect(await belfry.ops(`/topics/booking/${act}`, { method: 'POST' })).toMatchObject({
      status: 200,
      body: { state },
    })
  expect((await belfry.ready()).parts.source).toMatchObject({ status: 'degraded' })
}

describe.skipIf(postgres === undefined)('operators are answered', () => {
  it('while no thread of the intake is ready, and what they decide holds for those that come', async () => {
    using threads = watchThreads()
    await using belfry = await onThreads(postgres)
    await belfry.send(booked('e0', 'u1'), booked('e1', 'u1', 'throws'))
    await belfry.applied()
    {
      using _ = endEveryThread()
      for (const thread of threads.running()) await thread.terminate()
      await belfry.send(booked('e2', 'u2'), booked('e3', 'u3'))
      expect((await belfry.ops('/positions')).body.items).toMatchObject([{ position: 2, end: 4, lag: { events: 2 } }])
      await expectAnswers(belfry, 3)
    }
    await belfry.applied()
    expect([(await belfry.told('u2')).length, (await belfry.told('u3')).length]).toEqual([0, 2])
  })

  it('while a thread is blocked by a record that it decodes', async () => {
    const { ticks, stopAfter, goOn } = looking()
    await using belfry = await onThreads(postgres, { threads: 1, ticks })
    await belfry.send(booked('e0', 'u1'))
    await belfry.applied()
    stopAfter(8)
    await belfry.send(noted('n1', 'u1', 'loops'), booked('e2', 'u2'))
    await expect.poll(belfry.troubleNow).toMatch(/no sign of life/)
    await expectAnswers(belfry, 1)
    goOn()
    await belfry.applied()
    expect(await belfry.letters()).toMatchObject([{ code: 'RECORD_BLOCKED', offset: 1 }])
    expect((await belfry.told('u2')).length).toBe(2)
  })

  it('when they retry a dead letter: as soon as a thread is ready, else that they may try again', async () => {
    using threads = watchThreads()
    await using belfry = await onThreads(postgres, { threads: 1 })
    await belfry.send(booked('e0', 'u1', 'throws later'))
    await belfry.applied()
    const [{ id }] = await belfry.letters()
    const retry = async () => {
      const headers = { authorization: `Bearer ${await belfry.token('op', 'ops')}` }
      return belfry.call('op', `/v1/ops/dead-letters/${id}/retry`, { method: 'POST', json: {}, headers })
    }
    {
      using _ = endEveryThread()
      for (const thread of threads.running()) await thread.terminate()
      const refused = await retry()
      expect([refused.status, refused.body.code]).toEqual([503, 'INTAKE_INTERRUPTED'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    await expect.poll(async () => (await retry()).body.code).toBe('DEAD_LETTER_FAILED_AGAIN')
  })
})
