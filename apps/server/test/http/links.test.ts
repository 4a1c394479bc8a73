import { notificationRequested } from '@belfry/contracts/notification'
import { postgresForTests } from '@belfry/test-services'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { begunFolder, openEvents, openSocket, startBelfry } from '../start-belfry.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** As a producer makes it who does not know what the configuration names. */
const leading = (id: string, link: string) =>
  notificationRequested.create({
    source: '/test',
    id,
    data: { requestId: id, to: { users: ['u1'] }, title: id, body: 'come', link },
  })
const named = (...schemes: readonly string[]) => ({ NOTIFICATION_SERVICE__LINK_SCHEMES: schemes.join(',') })
type Belfry = Awaited<ReturnType<typeof startBelfry>>
interface Item {
  readonly seq: number
  readonly title: string
  readonly link?: string
}
const linksOf = (items: readonly Item[]) => Object.fromEntries(items.map(({ title, link }) => [title, link ?? 'none']))
const listed = async (belfry: Belfry) => linksOf((await belfry.call('u1', '/v1/notifications')).body.items)

describe('a link of an event', () => {
  it('of a scheme is refused where that is not named, with what is expected', async () => {
    await using folder = await begunFolder()
    await using belfry = await startBelfry({ folder: folder.path })
    expect(await belfry.send(leading('app', 'myapp://x'))).toBe(400)
    const bad = { ...leading('evil', '/x'), data: { ...leading('evil', '/x').data, link: '//evil.example' } }
    expect(await belfry.send(bad)).toBe(400)
    expect(await belfry.send(leading('path', '/x'))).toBe(202)
    await expect.poll(() => listed(belfry)).toEqual({ path: '/x' })
  })

  it.skipIf(postgres === undefined)('of a scheme that is named reaches people through threads too', async () => {
    await using belfry = await startBelfry({
      postgres: await postgres?.createDatabase(),
      env: named('myapp'),
      forced: { threads: 1 },
    } as Parameters<typeof startBelfry>[0])
    expect(await belfry.send(leading('app', 'myapp://x'))).toBe(202)
    await expect.poll(() => listed(belfry)).toEqual({ app: 'myapp://x' })
  })
})

describe('a link that was kept while its scheme was named', () => {
  it('is left out of every answer and frame once it no longer is, and its notification stays', async () => {
    await using folder = await begunFolder()
    {
      await using before = await startBelfry({ folder: folder.path, env: named('myapp') })
      expect(await before.send(leading('app', 'myapp://x'), leading('path', '/x'))).toBe(202)
      await expect.poll(() => listed(before)).toEqual({ app: 'myapp://x', path: '/x' })
    }
    await using belfry = await startBelfry({ folder: folder.path })
    const bare = { app: 'none', path: '/x' }
    expect(await listed(belfry)).toEqual(bare)
    const { items } = (await belfry.call('u1', '/v1/notifications')).body
    const { seq } = items.find(({ title }: Item) => title === 'app')
    const token = await belfry.token('u1')
    const socket = openSocket(belfry.url, token, '?after=0')
    const events = await openEvents(belfry.url, token, '?after=0')
    await expect.poll(() => socket.frames.length + events.frames.length).toBe(2)
    expect([linksOf(socket.items()), linksOf(events.items())]).toEqual([bare, bare])
    // What changes now is told of as well: the mark that was answered, and its frames.
    const path = `/v1/notifications/${seq}`
    const marked = await belfry.call('u1', path, { method: 'PATCH', json: { read: true } })
    const one = await belfry.call('u1', path)
    expect([marked.body, one.body]).toEqual([one.body, expect.not.objectContaining({ link: expect.anything() })])
    expect(marked.body).toMatchObject({ title: 'app', read: true })
    await expect.poll(() => socket.frames.length + events.frames.length).toBe(4)
    for (const { frames } of [socket, events])
      expect(frames.at(-1)?.items).toEqual([expect.not.objectContaining({ link: expect.anything() })])
    socket.socket.close()
    events.stop()
  })
})

describe('a scheme', () => {
  const start = (...schemes: readonly string[]) =>
    loadConfig(['node', 'belfry'], { BELFRY_CONFIG: '/dev/null', ...named(...schemes) })

  it.each(['javascript', 'data', 'vbscript', 'file', 'blob', 'about', 'view-source', 'intent'])(
    '%s is refused at start',
    async (scheme) => {
      await expect(start('myapp', scheme)).rejects.toThrow(
        `notification_service.link_schemes.1 is "${scheme}", which runs or shows what a link must not`,
      )
    },
  )

  it.each(['JavaScript', 'my app', 'myapp:', '//x', 'java\tscript'])('%j is refused at start', async (scheme) => {
    await expect(start(scheme)).rejects.toThrow(/link_schemes\.0 is .*, expected a scheme, such as myapp/)
  })

  it('of an app is not', async () => {
    expect((await start('myapp', 'com.example.app')).link_schemes).toEqual(['myapp', 'com.example.app'])
  })
})
