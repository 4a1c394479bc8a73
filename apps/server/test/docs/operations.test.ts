import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bookingCheckedIn, bookingCreated } from '@belfry/contracts/booking'
import { definePlugin } from '@belfry/core'
import { expect, it } from 'vitest'
import plugins from '../../src/plugins.ts'
import { begunFolder, startBelfry } from '../start-belfry.ts'

/*
 * An operator who has only docs/operations.md: its commands are pasted, in their order, against a Belfry in trouble.
 */

const page = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)

let mended = false
const fragile = definePlugin({
  id: 'fragile',
  events: { bookingCreated },
  messages: { told: { title: 'Told', body: '' } },
  on: {
    bookingCreated: ({ data }, { notify }) => {
      if (data.userId === 'u1' && !mended) throw new Error('no words')
      return [notify.told(data.userId, {})]
    },
  },
})
const booked = (bookingId: string) =>
  bookingCreated.create({
    source: '/test',
    id: bookingId,
    data: {
      bookingId,
      userId: 'u1',
      resourceId: 'r1',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })
const checkedIn = bookingCheckedIn.create({
  source: '/test',
  id: 'b2:in',
  data: { bookingId: 'b2', userId: 'u2', resourceId: 'r1', checkedInAt: '2030-05-05T10:00:00Z' },
})

it('every command of docs/operations.md works as it is pasted, and answers what operators ask', async () => {
  await using folder = await begunFolder()
  await using app = await startBelfry({ folder: folder.path, plugins: [...plugins, fragile] })
  await app.send(booked('b1'), booked('b2'), booked('b3'), checkedIn)
  await expect.poll(async () => (await app.call('u1', '/v1/notifications')).body.items.length).toBe(3)

  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const env = { ...process.env, BELFRY_CONFIG: '/dev/null', NOTIFICATION_SERVICE__EMBEDDED__FOLDER: folder.path }
  const belfry = `belfry() { '${process.execPath}' '${main}' "$@"; }`
  const begin = `${belfry}\n${commands[0]?.replace('http://127.0.0.1:8080', app.url)}`
  /** Runs a block of the page in a shell that has run the first; answers what each of its commands printed. */
  const paste = async (block: string) => {
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', `${begin}\n${block.replaceAll(/^ops.*$/gm, '$&; echo')}`],
      { env },
    )
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
  }
  const [, why = '', positions = '', pauseAndResume = '', stuck = '', one = '', retry = '', ...more] = commands
  const [force = '', move = '', erase = ''] = more
  expect(more).toHaveLength(3)

  expect(await paste(why)).toMatchObject([
    {
      event: { id: 'b1', type: 'booking.created' },
      topic: 'booking',
      offset: 0,
      plugin: 'booking',
      message: 'confirmed',
    },
  ])
  const [{ items }] = await paste(positions)
  expect(items.find(({ topic }: { topic: string }) => topic === 'booking')).toMatchObject({
    state: 'running',
    position: 4,
    end: 4,
    lag: { events: 0, seconds: 0 },
  })
  expect(await paste(pauseAndResume)).toEqual([
    { topic: 'waitlist', state: 'paused' },
    { topic: 'waitlist', state: 'running' },
  ])
  expect((await paste(stuck))[0].items).toMatchObject([
    { id: 3, plugin: 'fragile', code: 'HANDLER_FAILED', message: expect.stringContaining('no words') },
    { id: 2, followedBy: 1 },
    { id: 1, event: { id: 'b1' } },
  ])
  expect((await paste(stuck))[1].items.map(({ id }: { id: number }) => id)).toEqual([3, 2, 1])
  expect((await paste(one))[0].record).toMatchObject({ key: { utf8: 'b1' }, value: { utf8: expect.any(String) } })
  expect(await paste(retry)).toMatchObject([{ status: 422, code: 'DEAD_LETTER_FAILED_AGAIN' }])
  mended = true
  expect(await paste(retry.replace('/1/', '/2/'))).toMatchObject([{ status: 409, code: 'DEAD_LETTER_FOLLOWED' }])
  expect(await paste(retry)).toEqual([{ outcome: 'applied', notifications: 1 }])
  expect(await paste(force)).toEqual([{ outcome: 'applied', notifications: 1 }])
  expect((await paste(stuck))[0].items).toEqual([])
  expect(await paste(move)).toMatchObject([{ topic: 'waitlist', partition: 0, position: 0 }])
  expect(await paste(erase)).toEqual([{ person: 'u1', known: true }])
  expect((await app.call('u1', '/v1/notifications')).body).toMatchObject({ items: [], unread: 0 })
})
