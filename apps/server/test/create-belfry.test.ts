import * as booking from '@belfry/contracts/booking'
import { bookingCreated } from '@belfry/contracts/booking'
import { waitlistAdded } from '@belfry/contracts/waitlist'
import { definePlugin } from '@belfry/core'
import { expect, it } from 'vitest'
import { checkBelfry } from '../src/check-belfry.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createBelfry } from '../src/create-belfry.ts'
import { begunFolder, openSocket, startBelfry, temporaryFolder } from './start-belfry.ts'

const when = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
const booked = (id: string) =>
  bookingCreated.create({
    source: '/test',
    id,
    data: { bookingId: id, userId: 'u1', resourceId: 'r1', ...when },
  })
const waiting = (id: string) =>
  waitlistAdded.create({
    source: '/test',
    id,
    data: { waitlistId: id, userId: 'u1', resourceId: 'r1', position: 1, ...when },
  })

it('starts, pauses and resumes each topic on its own, and keeps what comes meanwhile', async () => {
  await using folder = await begunFolder()
  await using app = await startBelfry({ folder: folder.path, topics: ['booking'] })
  const types = async () =>
    (await app.call('u1', '/v1/notifications')).body.items.map(({ type }: { type: string }) => type).reverse()
  expect(await app.send(waiting('w1'), booked('b1'))).toBe(202)
  await expect.poll(types).toEqual(['booking.confirmed'])
  expect(await (await fetch(`${app.url}/ready`)).json()).toMatchObject({
    status: 'degraded',
    parts: { 'topic waitlist': { why: 'not started' } },
  })
  await app.belfry.pause('booking')
  await app.belfry.start('waitlist')
  await app.send(booked('b2'), waiting('w2'))
  await expect.poll(types).toEqual(['booking.confirmed', 'waitlist.added', 'waitlist.added'])
  await app.belfry.resume('booking')
  await expect.poll(types).toEqual(['booking.confirmed', 'waitlist.added', 'waitlist.added', 'booking.confirmed'])
  await expect(app.belfry.pause('bookings')).rejects.toThrow(
    'TOPIC_UNKNOWN: there is no topic bookings; the topics are booking, waitlist',
  )
})

it('closes once, however often it is called, and refuses what comes after', async () => {
  await using folder = await begunFolder()
  const app = await startBelfry({ folder: folder.path })
  await app.send(booked('b1'))
  await Promise.all([app.belfry.close(), app.belfry.close()])
  await expect(fetch(`${app.url}/live`)).rejects.toThrow()
  expect(app.lines.map((line) => JSON.parse(line).msg)).toEqual(['started', 'stopped'])
})

it('answers what comes while it stops with a problem, and the seconds to wait', async () => {
  await using folder = await begunFolder()
  const app = await startBelfry({ folder: folder.path, drainMs: 5_000 })
  const token = await app.token('u1')
  const sockets = Array.from({ length: 5 }, () => openSocket(app.url, token))
  await Promise.all(sockets.map(({ frames }) => expect.poll(() => frames.length).toBe(1)))
  const closing = app.belfry.close()
  const ask = () => fetch(`${app.url}/v1/notifications`, { headers: { authorization: `Bearer ${token}` } })
  await expect.poll(async () => (await ask()).status, { interval: 5 }).toBe(503)
  const { headers, status, ...answer } = await ask().then(async (response) => ({
    status: response.status,
    headers: response.headers,
    body: await response.json(),
  }))
  expect({ status, ...answer }).toMatchObject({ status: 503, body: { code: 'STOPPING', status: 503 } })
  expect([headers.get('content-type'), headers.get('retry-after'), headers.get('x-frame-options')]).toEqual([
    'application/problem+json',
    '1',
    'DENY',
  ])
  for (const alive of ['/live', '/live?from=probe', '/l%69ve'])
    expect([alive, (await fetch(`${app.url}${alive}`)).status]).toEqual([alive, 200])
  await closing
})

it('logs a dead letter in one line, and goes on', async () => {
  await using folder = await begunFolder()
  const faulty = definePlugin({
    id: 'faulty',
    events: booking,
    messages: { told: { title: 'Told', body: '' } },
    on: {
      bookingCreated: ({ id, data }, { notify }) => {
        if (id === 'bad') throw new Error('cannot')
        return [notify.told(data.userId, {})]
      },
    },
  })
  await using app = await startBelfry({ folder: folder.path, plugins: [faulty] })
  await app.send(booked('bad'), booked('good'))
  await expect.poll(async () => (await app.call('u1', '/v1/notifications')).body.items.length).toBe(1)
  const warnings = app.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40)
  expect(warnings).toMatchObject([
    {
      topic: 'booking',
      partition: 0,
      offset: 0,
      event: 'bad',
      type: 'booking.created',
      plugin: 'faulty',
      handler: 'bookingCreated',
      code: 'HANDLER_FAILED',
      msg: 'dead letter: faulty.bookingCreated threw Error: cannot',
    },
  ])
})

it('names topics of Kafka that no plugin has, and two that would be one on the brokers', async () => {
  const problems = async (env: NodeJS.ProcessEnv) => {
    const named = Object.entries(env).map(([key, value]) => [`NOTIFICATION_SERVICE__KAFKA__${key}`, value])
    const config = await loadConfig(['node', 'belfry'], {
      BELFRY_CONFIG: '/dev/null',
      NOTIFICATION_SERVICE__AUTH__SECRET: 'a secret of at least 32 characters',
      NOTIFICATION_SERVICE__PLUGINS__CONFLICT__ENABLED: 'false',
      NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: 'localhost:1',
      ...Object.fromEntries(named),
    })
    const created = createBelfry({ config, plugins: new URL('../src/plugins.ts', import.meta.url) })
    return await created.catch((error: Error) => error.message.replace('CONFIG_INVALID: ', '').split('\n'))
  }
  expect(
    await problems({
      TOPIC_NAMES__BOKKING: 'booking',
      ENVELOPE__PAYMENT__TYPE: 'type',
      ENVELOPE__PAYMENT__SOURCE: '/payments',
      TOPIC_NAMES__BOOKING: 'user',
      TOPIC_NAMES__WAITLIST: 'all',
      TOPIC_NAMES__RESOURCE: 'all',
      // It is left out for now, and may keep its name.
      TOPIC_NAMES__CONFLICT: 'prod.conflicts',
    }),
  ).toEqual([
    `notification_service.kafka.topic_names has bokking, which is not a topic of a composed plugin, did you mean booking?`,
    `notification_service.kafka.envelope has payment, which is not a topic of a composed plugin; there are booking, waitlist, conflict, user, resource, notification`,
    'notification_service.kafka.topic_names leaves booking and user with the same name "user", expected a name for each',
    'notification_service.kafka.topic_names leaves waitlist and resource with the same name "all", expected a name for each',
  ])
  // Two that change places are two.
  expect(await problems({ TOPIC_NAMES__BOOKING: 'user', TOPIC_NAMES__USER: 'booking' })).toEqual([
    expect.stringMatching(/^KAFKA_UNREACHABLE/),
  ])
})

it('names topics that no plugin listens to, and settings of no plugin, before it starts', async () => {
  await using folder = await temporaryFolder()
  const create = async (env: NodeJS.ProcessEnv) =>
    createBelfry({
      config: await loadConfig(['node', 'belfry'], {
        BELFRY_CONFIG: '/dev/null',
        NOTIFICATION_SERVICE__EMBEDDED__FOLDER: folder.path,
        ...env,
      }),
      plugins: new URL('../src/plugins.ts', import.meta.url),
    })
  await expect(create({ NOTIFICATION_SERVICE__TOPICS: 'booking,payment' })).rejects.toThrow(
    'notification_service.topics has payment, which no composed plugin listens to; there are booking, waitlist, conflict, user, resource, notification',
  )
  await expect(create({ NOTIFICATION_SERVICE__PLUGINS__CONFLCIT__ENABLED: 'false' })).rejects.toThrow(
    'plugins.conflcit has settings, but there is no such plugin, did you mean conflict?',
  )
  await expect(
    createBelfry({
      config: await loadConfig(['node', 'belfry'], { BELFRY_CONFIG: '/dev/null' }),
      plugins: new URL('./none.ts', import.meta.url),
    }),
  ).rejects.toThrow('PLUGINS_UNREADABLE')
})

it.each([
  ['Kafka', { NOTIFICATION_SERVICE__KAFKA__BOOTSTRAP_SERVERS: 'localhost:1' }],
  ['the log in the store', {}],
])('does not start on %s where every plugin is left out', async (_, env) => {
  await using folder = await temporaryFolder()
  const ids = ['booking', 'waitlist', 'conflict', 'user', 'resource', 'notification']
  const config = await loadConfig(['node', 'belfry'], {
    BELFRY_CONFIG: '/dev/null',
    NOTIFICATION_SERVICE__AUTH__SECRET: 'a secret of at least 32 characters',
    NOTIFICATION_SERVICE__EMBEDDED__FOLDER: folder.path,
    NOTIFICATION_SERVICE__HTTP__PORT: '0',
    ...Object.fromEntries(ids.map((id) => [`NOTIFICATION_SERVICE__PLUGINS__${id.toUpperCase()}__ENABLED`, 'false'])),
    ...env,
  })
  const composed = { config, plugins: new URL('../src/plugins.ts', import.meta.url) }
  const sentence = 'notification_service.plugins leaves every plugin out that listens to a topic, expected one at least'
  await expect(createBelfry(composed)).rejects.toThrow(new RegExp(`^CONFIG_INVALID: ${sentence}$`))
  await expect(checkBelfry(composed)).rejects.toThrow(sentence)
})
