import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresForTests } from '@belfry/test-services'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../start-belfry.ts'
import { booked, never, onThreads, watchThreads } from './on-threads.ts'
import { noted } from './troubled-note.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** A note among bookings, that a thread cannot survive. */
const among = (text: string) => [booked('e1', 'u1'), noted('n2', 'u1', text), booked('e3', 'u1')]
const others = ['steady: Booking e1', 'troubled: Booking e1', 'steady: Booking e3', 'troubled: Booking e3']
const letter = (why: string) => ({
  code: 'RECORD_BLOCKED',
  topic: 'booking',
  partition: 0,
  offset: 1,
  message: `the record ${why}`,
})
const exitedTwice = 'ended its thread twice: the last time, it was ended by process.exit(3)'
const outOfMemory = 'ended its thread twice: the last time, it ran out of memory'
const blockedTwice = 'ended its thread twice: the last time, it blocked its thread for 10 seconds'

describe.skipIf(postgres === undefined)('a record that ends or blocks its thread', () => {
  it.each<[what: string, text: string, why: string, ends: number]>([
    ['loops while it is decoded', 'loops', 'blocked its thread for 10 seconds', 1],
    ['exits while it is decoded', 'exits', exitedTwice, 2],
    ['takes all memory while it is decoded', 'fills its memory', outOfMemory, 2],
    // Once without a culprit, then twice alone.
    ['exits once its handler has answered', 'exits once it has answered', exitedTwice, 3],
    ['loops once its handler has answered', 'loops once it has answered', blockedTwice, 3],
  ])(
    'because it %s becomes a dead letter of no plugin, and everything else is told',
    { timeout: 240_000 },
    async (_, text, why, ends) => {
      using threads = watchThreads()
      await using belfry = await onThreads(postgres, {
        memoryMb: 128,
        ...(text.startsWith('fills') && { ticks: never }),
      })
      await belfry.send(...among(text))
      await belfry.applied(200_000)
      expect(await belfry.told('u1')).toEqual(others)
      const letters = await belfry.letters()
      expect(letters).toMatchObject([letter(why)])
      expect(letters[0]).not.toHaveProperty('plugin')
      // Another thread may have taken over before it could know.
      const ended = threads.all.length - threads.running().length
      expect([ends, ends + 1, ends + 2]).toContain(ended)
      await belfry.send(booked('e4', 'u2'), noted('n5', 'u2'))
      await belfry.applied()
      expect((await belfry.told('u2')).length).toBe(3)
      await expect.poll(async () => (await belfry.ready()).parts.source).toEqual({ status: 'ok' })
    },
  )

  it('is not decoded again by an instance that is started later', async () => {
    const database = (await postgres?.createDatabase()) ?? ''
    {
      await using before = await onThreads(postgres, { threads: 0, database })
      await before.belfry.pause('booking')
      await before.send(...among('exits'))
    }
    const client = new Client({ connectionString: database })
    await client.connect()
    await client.query('delete from paused_topic')
    await client.query(`insert into blocked values ('booking', 0, 1, '', 'was seen elsewhere')`)
    await client.end()
    using threads = watchThreads()
    await using belfry = await onThreads(postgres, { threads: 1, database })
    await belfry.applied()
    expect(await belfry.letters()).toMatchObject([letter('was seen elsewhere')])
    expect(threads.all.length).toBe(1)
  })

  it('fails again where it still does so when an operator retries it, and is told once it is decoded', async () => {
    await using folder = await temporaryFolder()
    const what = join(folder.path, 'what')
    await writeFile(what, 'exits')
    await using belfry = await onThreads(postgres)
    await belfry.send(...among(what))
    await belfry.applied(80_000)
    const [{ id }] = await belfry.letters()
    const retry = () => belfry.ops(`/dead-letters/${id}/retry`, { method: 'POST', json: { force: true } })
    const detail = expect.stringContaining('the record was ended by process.exit(3)')
    await expect.poll(retry).toMatchObject({ status: 422, body: { code: 'DEAD_LETTER_FAILED_AGAIN', detail } })
    expect(await belfry.letters()).toMatchObject([{ id, ...letter('was ended by process.exit(3)') }])
    await writeFile(what, '')
    await expect.poll(retry).toMatchObject({ status: 200, body: { outcome: 'applied' } })
    expect(await belfry.letters()).toEqual([])
    expect(await belfry.told('u1')).toEqual([...others, 'noting: Note n2'])
  })
})
