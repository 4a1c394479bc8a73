import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresForTests } from '@belfry/test-services'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../start-belfry.ts'
import { booked, never, onThreads, watchThreads } from './on-threads.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** Three bookings, of which the plugin cannot survive the second. */
const three = (resourceName: string, resourceId?: string) => [
  booked('e1', 'u1'),
  booked('e2', 'u1', resourceName, resourceId),
  booked('e3', 'u1'),
]
/** Everything that the others tell of them. */
const others = [
  'steady: Booking e1',
  'troubled: Booking e1',
  'steady: Booking e2',
  'steady: Booking e3',
  'troubled: Booking e3',
]
const blocked = (why: string) => ({
  code: 'HANDLER_BLOCKED',
  plugin: 'troubled',
  handler: 'bookingCreated',
  topic: 'booking',
  offset: 1,
  message: `troubled.bookingCreated ${why}`,
})

const exitedTwice = 'ended its thread twice: the last time, it was ended by process.exit(3)'
const outOfMemory = 'ended its thread twice: the last time, it ran out of memory'

describe.skipIf(postgres === undefined)('a handler that ends or blocks its thread', () => {
  it.each<[what: string, name: string, why: string, ends: number]>([
    ['loops for ever', 'loops', 'blocked its thread for 10 seconds', 1],
    // The first time nobody can know which of those that wait it was.
    ['loops after it has waited', 'loops later', 'blocked its thread for 10 seconds', 2],
    ['takes all memory', 'fills its memory', outOfMemory, 2],
    // V8 would end the whole process, or not let the thread be ended.
    ['takes all memory with lists', 'fills its memory with lists', outOfMemory, 2],
    ['takes all memory with promises', 'fills its memory with promises', outOfMemory, 2],
    ['takes all memory by and by', 'fills its memory by and by', outOfMemory, 2],
    ['exits', 'exits', exitedTwice, 2],
  ])(
    'because it %s is not given that event again, and everything else is told',
    { timeout: 240_000 },
    async (_, name, why, ends) => {
      using threads = watchThreads()
      await using belfry = await onThreads(postgres, {
        memoryMb: 128,
        // To run out of memory takes as long as it takes, and is told by itself.
        ...(name.startsWith('fills') && { ticks: never }),
      })
      await belfry.send(...three(name))
      await belfry.applied(200_000)
      expect(await belfry.told('u1')).toEqual(others)
      expect(await belfry.letters()).toMatchObject([blocked(why)])
      // Another thread may have taken over before it could know.
      const ended = threads.all.length - threads.running().length
      expect([ends, ends + 1, ends + 2]).toContain(ended)
      // The others were there all the time, and what comes next is told as ever.
      await belfry.send(booked('e4', 'u2'))
      await belfry.applied()
      expect((await belfry.told('u2')).length).toBe(2)
      await expect.poll(async () => (await belfry.ready()).parts.source).toEqual({ status: 'ok' })
    },
  )

  it('is found to be the cause when it ends its thread after it was given up, before anything is applied, and no other is', async () => {
    await using belfry = await onThreads(postgres, { threads: 1, ticks: never })
    // From here on it is known which handler it is.
    await belfry.send(booked('e0', 'u1', 'exits'))
    await belfry.applied(80_000)
    const slow = ['e2', 'e3', 'e4', 'e5', 'e6']
    await belfry.send(
      booked('e1', 'u1', 'exits when it was given up'),
      ...slow.map((id) => booked(id, 'u2', 'takes its time')),
    )
    await belfry.applied(80_000)
    expect(await belfry.letters()).toMatchObject([
      { ...blocked(exitedTwice), offset: 1 },
      { ...blocked(exitedTwice), offset: 0 },
    ])
    expect(await belfry.told('u2')).toEqual(slow.flatMap((id) => [`steady: Booking ${id}`, `troubled: Booking ${id}`]))
  })

  it('takes no thread with it when something that it has begun fails, whether it is at work or has answered', async () => {
    using threads = watchThreads()
    await using belfry = await onThreads(postgres)
    await belfry.send(...three('throws later'))
    await belfry.send(booked('e4', 'u2', 'does not wait'), booked('e5', 'u2'))
    await belfry.applied()
    expect(await belfry.told('u1')).toEqual(others)
    expect(await belfry.letters()).toMatchObject([
      { code: 'HANDLER_FAILED', plugin: 'troubled', message: 'troubled.bookingCreated threw Error: too late' },
    ])
    expect((await belfry.told('u2')).length).toBe(4)
    const left = () => belfry.lines.map((text) => JSON.parse(text)).filter(({ code }) => code === 'HANDLER_LEFT_ERROR')
    await expect
      .poll(() =>
        left()
          .map(({ event, err }) => [event, err.message])
          .toSorted(),
      )
      .toEqual([
        ['e4', 'not waited for'],
        ['e4', 'too late'],
      ])
    expect(threads.running().length).toBe(threads.all.length)
  })

  it('is found to be the cause however soon after its thread has begun', async () => {
    const database = (await postgres?.createDatabase()) ?? ''
    // Everything waits in the log when the threads begin.
    {
      await using before = await onThreads(postgres, { threads: 0, database })
      await before.belfry.pause('booking')
      await before.send(...three('loops'))
    }
    const client = new Client({ connectionString: database })
    await client.connect()
    await client.query('delete from paused_topic')
    await client.end()
    await using belfry = await onThreads(postgres, { threads: 1, database })
    await belfry.applied()
    expect(await belfry.letters()).toMatchObject([blocked('blocked its thread for 10 seconds')])
  })

  it('is reported while its thread is restarted, with how often that was', async () => {
    await using belfry = await onThreads(postgres, { threads: 1 })
    expect(await belfry.metric('belfry_thread_restarts_total')).toBe('0')
    await belfry.send(...three('loops'))
    await expect
      .poll(belfry.troubleNow, { interval: 10 })
      .toBe('intake thread 1 is being restarted: it blocked its thread for 10 seconds')
    await belfry.applied()
    expect(await belfry.metric('belfry_thread_restarts_total')).toBe('1')
  })

  it('fails again where it still does so when an operator retries it, and is told once it is fixed', async () => {
    await using folder = await temporaryFolder()
    const what = join(folder.path, 'what')
    await using belfry = await onThreads(postgres)
    await belfry.send(...three('exits', what))
    await belfry.applied()
    const [{ id }] = await belfry.letters()
    const retry = () => belfry.ops(`/dead-letters/${id}/retry`, { method: 'POST', json: { force: true } })
    const exited = 'was ended by process.exit(3)'
    // While both threads are being restarted none can try it.
    await expect.poll(retry).toMatchObject({
      status: 422,
      body: {
        code: 'DEAD_LETTER_FAILED_AGAIN',
        detail: expect.stringContaining(`troubled.bookingCreated ${exited}`),
      },
    })
    expect(await belfry.letters()).toMatchObject([{ id, ...blocked(exited) }])
    await writeFile(what, 'loops')
    // Whoever asks does not wait for so long.
    await expect.poll(async () => (await retry()).body.code).toBe('STORE_UNAVAILABLE')
    await expect.poll(belfry.letters).toMatchObject([{ id, ...blocked('blocked its thread for 10 seconds') }])
    await writeFile(what, '')
    await expect.poll(retry).toMatchObject({ status: 200, body: { outcome: 'applied' } })
    expect(await belfry.letters()).toEqual([])
    expect(await belfry.told('u1')).toEqual([...others, 'troubled: Booking e2'])
  })
  it('closes all the same', async () => {
    using threads = watchThreads()
    const belfry = await onThreads(postgres)
    await belfry.send(booked('e1', 'u1', 'loops'))
    await expect.poll(belfry.troubleNow, { interval: 10 }).toMatch(/no sign of life/)
    await belfry.belfry.close()
    expect(threads.running()).toEqual([])
  })
})
