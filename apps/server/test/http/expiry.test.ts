import { notificationRequested } from '@belfry/contracts/notification'
import { postgresForTests } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import { begunFolder, type FrameSeen, openEvents, openSocket, startBelfry } from '../start-belfry.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

const start = Date.parse('2026-05-01T08:00:00Z')
let count = 0
const request = (userId: string, now: number, more: { readonly expiresAt?: string } = {}) =>
  notificationRequested.create({
    source: '/test',
    id: `x${count++}`,
    time: new Date(now).toISOString(),
    data: { requestId: `x${count}`, to: { users: [userId] }, title: 'A title', body: 'A body', ...more },
  })

/** What a client has that only follows frames: how many notifications are unread by its list, and by the latest count. */
function followed(frames: readonly FrameSeen[]) {
  const items = new Map(frames.flatMap((frame) => (frame.items ?? []).map((item) => [item.seq, item])))
  const unread = [...items.values()].filter(({ read, withdrawn }) => !read && !withdrawn).length
  return { unread, counted: frames.at(-1)?.unread, head: frames.at(-1)?.head }
}

const engines: readonly (readonly [string, (() => Promise<string | undefined>) | undefined])[] = [
  ['PGlite', async () => undefined],
  ['Postgres', postgres && (async () => postgres.createDatabase())],
]
for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`while notifications expire on ${name}`, () => {
    it('lists, counts and frames agree in every answer, and every client ends with the same', async () => {
      let now = start
      await using folder = await begunFolder()
      const url = await open?.()
      const own = url === undefined ? {} : { postgres: url }
      await using app = await startBelfry({ folder: folder.path, clock: () => now, ...own })
      // Tokens that the tests sign themselves expire by the clock of the machine.
      const token = async (person: string) => app.token(person)
      const expiresAt = (seconds: number) => new Date(start + seconds * 1_000).toISOString()
      const page = async (query = '') => (await app.call('u1', `/v1/notifications${query}`)).body
      await app.send(...[1, 1, 2, 3, 4, 60].map((seconds) => request('u1', now, { expiresAt: expiresAt(seconds) })))
      await expect.poll(async () => (await page()).head).toBe(6)
      const socket = openSocket(app.url, await token('u1'), '?after=0')
      const events = await openEvents(app.url, await token('u1'), '?after=0')
      await expect.poll(() => [followed(socket.frames).head, followed(events.frames).head]).toEqual([6, 6])

      for (const second of [1, 2, 3, 4]) {
        now = start + second * 1_000
        const all = await page()
        expect([second, all.unread]).toEqual([second, all.items.filter(({ read }: { read: boolean }) => !read).length])
        expect((await page('?filter=unread&limit=1')).unread).toBe(all.unread)
        const read = await app.call('u1', '/v1/notifications/read', { method: 'POST', json: { through: 0 } })
        expect(read.body.unread).toBe(all.unread)
        // A connection that resumes gets what has expired, whether or not a step of upkeep was first.
        const resumed = openSocket(app.url, await token('u1'), '?after=0')
        await expect.poll(() => resumed.frames.length).toBeGreaterThan(0)
        expect([second, followed(resumed.frames)]).toMatchObject([second, { unread: all.unread, counted: all.unread }])
        resumed.socket.close()
        const stale = await openEvents(app.url, await token('u1'), '?after=999')
        await expect.poll(() => stale.frames.length).toBe(1)
        expect(stale.frames[0]).toMatchObject({ type: 'reset', unread: all.unread })
        stale.stop()
        if (second === 2) {
          const { head } = await page()
          await app.send(request('u1', now))
          await expect.poll(async () => (await page()).head).toBeGreaterThan(head)
        }
        if (second === 3) await app.call('u1', `/v1/notifications/6`, { method: 'PATCH', json: { read: true } })
      }
      const { head, unread } = await page()
      const end = { unread, counted: unread, head }
      await expect.poll(() => [followed(socket.frames), followed(events.frames)]).toEqual([end, end])
      expect(unread).toBe(1)
      for (const frames of [socket.frames, events.frames])
        for (const index of frames.keys()) {
          const so = followed(frames.slice(0, index + 1))
          expect([index, so.counted]).toEqual([index, so.unread])
        }
      socket.socket.close()
      events.stop()
    })
  })
