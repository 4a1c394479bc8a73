import { bookingCheckedIn, bookingCreated } from '@belfry/contracts/booking'
import { userCreated } from '@belfry/contracts/user'
import { type AnyPlugin, coreErrors, definePlugin } from '@belfry/core'
import { userPlugin } from '@belfry/plugin-user'
import { describe, expect, it } from 'vitest'
import { begunFolder, openSocket, startBelfry } from '../../start-belfry.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const when = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
const booked = (id: string, userId = 'u1', bookingId = 'b1') =>
  bookingCreated.create({ source: '/test', id, traceparent, data: { bookingId, userId, resourceId: 'r1', ...when } })
const checkedIn = (id: string, bookingId = 'b1') =>
  bookingCheckedIn.create({
    source: '/test',
    id,
    data: { bookingId, userId: 'u1', resourceId: 'r1', checkedInAt: '2026-05-01T08:00:00Z' },
  })

/** A plugin that cannot tell of bookings until it is mended; whoever checks in is told always. */
function fragile() {
  const state = { broken: true }
  const plugin: AnyPlugin = definePlugin({
    id: 'fragile',
    events: { bookingCreated, bookingCheckedIn },
    messages: { told: { title: 'Booking {id}', body: '' } },
    on: {
      bookingCreated: ({ data }, { notify, join, logger }) => {
        logger.info({}, 'deciding')
        if (state.broken) throw new Error('no words')
        return [
          notify.told(data.userId, { id: data.bookingId }),
          join(data.userId, { audience: 'guests' }, { because: data.bookingId }),
        ]
      },
      bookingCheckedIn: ({ data }, { notify }) => [notify.told({ audience: 'guests' }, { id: data.bookingId })],
    },
  })
  return { state, plugin }
}

/** A Belfry with that plugin, and somebody who may operate it. */
async function operated({ clock }: { clock?: () => number } = {}) {
  const folder = await begunFolder()
  const { state, plugin } = fragile()
  const start = () => startBelfry({ folder: folder.path, plugins: [plugin, userPlugin], ...(clock && { clock }) })
  let app = await start()
  const ops = async (path: string, init: { method?: string; json?: unknown } = {}) => {
    const authorization = `Bearer ${await app.token('op', 'ops')}`
    const { status, body } = await app.call('op', `/v1/ops${path}`, { ...init, headers: { authorization } })
    return { status, body }
  }
  return {
    state,
    ops,
    get app() {
      return app
    },
    async restart() {
      await app.belfry.close()
      app = await start()
    },
    inbox: async (person: string) => (await app.call(person, '/v1/notifications')).body,
    letters: async (query = '') => (await ops(`/dead-letters${query}`)).body.items,
    metric: async (line: string) => {
      const text = await (await fetch(`${app.url}/metrics`)).text()
      return text
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.slice(line.length + 1)
    },
    async [Symbol.asyncDispose]() {
      await app.belfry.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('every route of operators', () => {
  it('is closed without a token, and without the scope for it', async () => {
    await using at = await operated()
    const { paths } = (await (await fetch(`${at.app.url}/docs/json`)).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const routes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/v1/ops'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const))
    const asked = async (token?: string) =>
      Promise.all(
        routes.map(async ([method, path]) => {
          const url = at.app.url + path.replaceAll(/\{(\w+)\}/g, '1')
          const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
          return (await fetch(url, { method, headers })).status
        }),
      )
    expect(new Set(await asked())).toEqual(new Set([401]))
    expect(new Set(await asked(await at.app.token('u1', 'events:write')))).toEqual(new Set([403]))
    expect(routes.length).toBe(11)
  })
})

describe('a topic', () => {
  it('that is paused keeps what comes, shows how far behind it is, and stays so over a restart', async () => {
    let now = Date.parse('2026-05-01T09:00:00Z')
    await using at = await operated({ clock: () => now })
    at.state.broken = false
    expect(await at.ops('/topics/booking/pause', { method: 'POST' })).toEqual({
      status: 200,
      body: { topic: 'booking', state: 'paused' },
    })
    await at.app.send(booked('e1'), booked('e2'))
    now += 90_000
    const position = async () =>
      (await at.ops('/positions')).body.items.find(({ topic }: { topic: string }) => topic === 'booking')
    const behind = { state: 'paused', position: 0, end: 2, lag: { events: 2, seconds: 90 } }
    expect(await position()).toMatchObject(behind)
    expect(await at.metric('belfry_lag_seconds{topic="booking",partition="0"}')).toBe('90')
    await at.restart()
    expect(await position()).toMatchObject(behind)
    expect(await (await fetch(`${at.app.url}/ready`)).json()).toMatchObject({
      status: 'degraded',
      parts: { 'topic booking': { status: 'degraded', why: 'paused' } },
    })
    expect((await at.inbox('u1')).head).toBe(0)
    expect(await at.ops('/topics/booking/resume', { method: 'POST' })).toEqual({
      status: 200,
      body: { topic: 'booking', state: 'running' },
    })
    await expect.poll(async () => (await at.inbox('u1')).head).toBe(2)
    await expect.poll(position).toMatchObject({ state: 'running', position: 2, end: 2, lag: { events: 0, seconds: 0 } })
    // Resumed is resumed, after a restart too.
    await at.restart()
    expect((await position()).state).toBe('running')
    expect((await at.ops('/topics/bookings/pause', { method: 'POST' })).body.code).toBe('TOPIC_UNKNOWN')
  })
})

describe('a position', () => {
  it('is moved where an operator wants it, and what lies in between is not applied', async () => {
    await using at = await operated()
    at.state.broken = false
    const move = (position: unknown, partition = 0, topic = 'booking') =>
      at.ops(`/topics/${topic}/partitions/${partition}/position`, { method: 'PUT', json: { position } })
    await at.ops('/topics/booking/pause', { method: 'POST' })
    for (const id of ['b0', 'b1', 'b2']) expect(await at.app.send(booked(id, 'u1', id))).toBe(202)
    expect((await move(4)).body).toMatchObject({ code: 'POSITION_OUTSIDE', status: 400 })
    expect((await move(-1)).status).toBe(400)
    expect((await move(0, 1)).body).toMatchObject({ code: 'POSITION_OUTSIDE' })
    expect((await move(0, 0, 'bookings')).body).toMatchObject({ code: 'TOPIC_UNKNOWN', status: 404 })
    expect(await move(2)).toEqual({ status: 200, body: { topic: 'booking', partition: 0, before: 0, position: 2 } })
    await at.ops('/topics/booking/resume', { method: 'POST' })
    await expect
      .poll(async () => (await at.inbox('u1')).items.map(({ title }: { title: string }) => title))
      .toEqual(['Booking b2'])
  })
})

describe('the plugins', () => {
  it('are listed with their topics, types and messages', async () => {
    await using at = await operated()
    const { items } = (await at.ops('/plugins')).body
    expect(items[0]).toEqual({
      id: 'fragile',
      topics: ['booking'],
      types: ['booking.created', 'booking.checked_in'],
      messages: ['told'],
    })
    expect(items[1].id).toBe('user')
  })
})

describe('a dead letter', () => {
  it('is listed by plugin and code in pages, and shown with its bytes', async () => {
    await using at = await operated()
    await at.app.send(booked('e1'), booked('e2', 'u2', 'b2'), booked('e3', 'u3', 'b3'))
    await expect.poll(async () => (await at.letters()).length).toBe(3)
    expect(await at.letters('?limit=1')).toEqual([
      {
        id: 3,
        topic: 'booking',
        partition: 0,
        offset: 2,
        type: 'booking.created',
        plugin: 'fragile',
        handler: 'bookingCreated',
        code: 'HANDLER_FAILED',
        message: expect.stringContaining('no words'),
        remedy: coreErrors.HANDLER_FAILED.remedy,
        event: { source: '/test', id: 'e3' },
        key: 'b3',
        at: expect.any(String),
        followedBy: 0,
      },
    ])
    const first = (await at.ops('/dead-letters?limit=2&plugin=fragile&code=HANDLER_FAILED')).body
    expect([first.items.map(({ id }: { id: number }) => id), first.next]).toEqual([[3, 2], 2])
    const rest = (await at.ops(`/dead-letters?limit=2&before=${first.next}`)).body
    expect([rest.items.map(({ id }: { id: number }) => id), rest.next]).toEqual([[1], undefined])
    expect([await at.letters('?plugin=user'), await at.letters('?code=EVENT_INVALID')]).toEqual([[], []])
    const { record, ...letter } = (await at.ops('/dead-letters/2')).body
    expect(letter.id).toBe(2)
    expect(record).toMatchObject({ key: { utf8: 'b2' }, headers: { ce_id: 'e2', ce_type: 'booking.created' } })
    expect(JSON.parse(record.value.utf8)).toMatchObject({ bookingId: 'b2', userId: 'u2' })
  })

  it('is tried again once its plugin is fixed: the person is told, at once where connected', async () => {
    await using at = await operated()
    await at.app.send(booked('e1'))
    await expect.poll(async () => (await at.letters()).length).toBe(1)
    const { frames, socket } = openSocket(at.app.url, await at.app.token('u1'))
    await expect.poll(() => frames.length).toBe(1)
    const retry = () => at.ops('/dead-letters/1/retry', { method: 'POST' })
    expect(await retry()).toMatchObject({ status: 422, body: { code: 'DEAD_LETTER_FAILED_AGAIN' } })
    expect((await at.inbox('u1')).head).toBe(0)
    at.state.broken = false
    expect(await retry()).toEqual({ status: 200, body: { outcome: 'applied', notifications: 1 } })
    await expect.poll(() => frames.length).toBe(2)
    expect(frames[1]).toMatchObject({ after: 0, head: 1, items: [{ seq: 1, title: 'Booking b1' }] })
    expect(await retry()).toMatchObject({ status: 404 })
    expect(await at.metric('belfry_notifications_total{plugin="fragile",message="told"}')).toBe('1')
    socket.close()
  })

  it('that later events of its key have followed is given back by force alone', async () => {
    await using at = await operated()
    await at.app.send(booked('e1'))
    await at.app.send(checkedIn('e2'), checkedIn('e3', 'b2'))
    await expect.poll(async () => (await at.letters())[0]?.followedBy).toBe(1)
    at.state.broken = false
    const refused = await at.ops('/dead-letters/1/retry', { method: 'POST' })
    expect(refused).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_FOLLOWED' } })
    expect((await at.inbox('u1')).head).toBe(0)
    const forced = await at.ops('/dead-letters/1/retry', { method: 'POST', json: { force: true } })
    expect(forced).toMatchObject({ status: 200, body: { outcome: 'applied' } })
    expect((await at.inbox('u1')).head).toBe(1)
  })

  it('is deleted once', async () => {
    await using at = await operated()
    await at.app.send(booked('e1'))
    await expect.poll(async () => (await at.letters()).length).toBe(1)
    const remove = async () => (await at.ops('/dead-letters/1', { method: 'DELETE' })).status
    expect([await remove(), await remove()]).toEqual([204, 404])
    expect(await at.letters()).toEqual([])
  })

  it('of an odd id is none', async () => {
    await using at = await operated()
    for (const id of ['0', '-1', '1.5', 'abc', '9007199254740993', '1e9', '%00'])
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['POST', '/retry'],
      ] as const) {
        const { status, body } = await at.ops(`/dead-letters/${id}${path}`, { method })
        expect([400, 404]).toContain(status)
        expect(body.code).toMatch(/^(REQUEST_INVALID|NOT_FOUND)$/)
      }
  })
})

describe('why a person got a notification', () => {
  it('is answered with event, place, plugin, parameters, audience and trace, and the trace is in the log', async () => {
    await using at = await operated()
    at.state.broken = false
    await at.app.send(booked('e1'))
    await expect.poll(async () => (await at.inbox('u1')).head).toBe(1)
    await at.app.send(checkedIn('e2'))
    await expect.poll(async () => (await at.inbox('u1')).head).toBe(2)
    expect((await at.ops('/people/u1/notifications/1')).body).toEqual({
      event: { source: '/test', id: 'e1', type: 'booking.created', time: expect.any(String), traceparent },
      topic: 'booking',
      partition: 0,
      offset: 0,
      plugin: 'fragile',
      message: 'told',
      parameters: { id: 'b1' },
    })
    expect((await at.ops('/people/u1/notifications/2')).body).toMatchObject({
      event: { id: 'e2' },
      offset: 1,
      audience: 'guests',
    })
    expect((await at.ops('/people/u1/notifications/3')).status).toBe(404)
    at.state.broken = true
    await at.app.send(booked('e3'))
    await expect.poll(async () => (await at.letters()).length).toBe(1)
    const lines = at.app.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'e3')
    const place = { topic: 'booking', partition: 0, offset: 2, plugin: 'fragile', event: 'e3', traceparent }
    // What the plugin says, in each of its tries, and the dead letter.
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(line).toMatchObject(place)
  })
})

describe('a person', () => {
  it('who is erased leaves nothing, is cut off, and comes back with a later creation alone', async () => {
    await using at = await operated()
    await at.app.send(booked('bad', 'u1', 'b9'))
    await expect.poll(async () => (await at.letters()).length).toBe(1)
    at.state.broken = false
    await at.app.send(booked('e1'), booked('e2', 'u2', 'b2'))
    await expect.poll(async () => (await at.inbox('u1')).head + (await at.inbox('u2')).head).toBe(2)
    const [mine, other] = [
      openSocket(at.app.url, await at.app.token('u1')),
      openSocket(at.app.url, await at.app.token('u2')),
    ]
    await expect.poll(() => mine.frames.length + other.frames.length).toBe(2)
    const erase = (person: string) => at.ops(`/people/${encodeURIComponent(person)}`, { method: 'DELETE' })
    expect(await erase('u1')).toEqual({ status: 200, body: { person: 'u1', known: true } })
    expect(await mine.closed).toBe(4001)
    expect(await at.inbox('u1')).toMatchObject({ items: [], head: 0, unread: 0 })
    expect([await at.letters(), (await at.ops('/people/u1/notifications/1')).status]).toEqual([[], 404])
    // Late events go nowhere, and are counted; the audience has the other alone.
    await at.app.send(booked('late'), checkedIn('e3', 'b2'))
    await expect.poll(async () => (await at.inbox('u2')).head).toBe(2)
    expect((await at.inbox('u1')).head).toBe(0)
    expect(await at.metric('belfry_notifications_dropped_total')).toBe('1')
    expect(other.socket.readyState).toBe(other.socket.OPEN)
    const created = userCreated.create({
      source: '/test',
      id: 'u1:again',
      time: new Date(Date.now() + 60_000).toISOString(),
      data: { userId: 'u1', email: 'u1@example.com', name: 'U', roles: ['user'] },
    })
    expect(await at.app.send(created)).toBe(202)
    await expect.poll(async () => (await at.inbox('u1')).items.length).toBe(1)
    other.socket.close()
  })

  it('of an odd name is erased like any other', async () => {
    await using at = await operated()
    at.state.broken = false
    await at.app.send(booked('other', 'u2'))
    for (const person of ['😀', 'a/b', "'; drop table inbox; --", 'a..b', 'x'.repeat(128)]) {
      await at.app.send(booked(`for ${person}`.slice(0, 60), person))
      await expect.poll(async () => (await at.inbox(person)).head).toBe(1)
      const path = `/people/${encodeURIComponent(person)}`
      const erase = () => at.ops(path, { method: 'DELETE' })
      expect((await at.ops(`${path}/notifications/1`)).status).toBe(200)
      expect([await erase(), await erase()]).toEqual([
        { status: 200, body: { person, known: true } },
        { status: 200, body: { person, known: false } },
      ])
      expect([(await at.inbox(person)).head, (await at.inbox('u2')).head]).toEqual([0, 1])
    }
  })
})
