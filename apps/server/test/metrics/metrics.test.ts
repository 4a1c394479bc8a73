import { once } from 'node:events'
import { bookingCreated } from '@belfry/contracts/booking'
import { type AnyPlugin, definePlugin } from '@belfry/core'
import { describe, expect, it } from 'vitest'
import { type Definition, definitions } from '../../src/metrics/definitions.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { summariseRetry } from '../../src/metrics/summary.ts'
import { begunFolder, openEvents, openSocket, startBelfry } from '../start-belfry.ts'

const plugin: AnyPlugin = definePlugin({
  id: 'p',
  events: { bookingCreated },
  messages: { told: { title: 'Told', body: '' } },
  on: {
    bookingCreated: ({ data }, { notify }) => {
      if (data.userId === 'bad') throw new Error('cannot')
      return [notify.told(data.userId, {})]
    },
  },
})
const booked = (id: string, userId: string, time?: string) =>
  bookingCreated.create({
    source: '/test',
    id,
    ...(time !== undefined && { time }),
    data: {
      bookingId: id,
      userId,
      resourceId: 'r',
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })

interface Family {
  type: string
  help: string
  readonly samples: Map<string, number>
}

/** Prometheus' text format, read as strictly as it reads it: a family's lines stand together, after its help and type. */
function parse(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Family>()
  let last: [name: string, family: Family] | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') {
      expect(families.has(name)).toBe(false)
      last = [name, { type: '', help: rest, samples: new Map() }]
      families.set(...last)
    } else if (kind === 'TYPE') {
      expect(last?.[0]).toBe(name)
      expect(rest).toMatch(/^(counter|gauge|histogram)$/)
      if (last) last[1].type = rest
    } else {
      const [, sample = '', labels = '', value = ''] =
        /^([a-z_:][a-z0-9_:]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)$/.exec(line) ?? []
      const own = last?.[1].type === 'histogram' ? sample.replace(/_(bucket|sum|count)$/, '') : sample
      expect([own, line]).toEqual([last?.[0], line])
      expect(Number.isFinite(Number(value))).toBe(true)
      last?.[1].samples.set(`${sample}${labels}`, Number(value))
    }
  }
  return families
}

async function metricsOf(url: string) {
  const response = await fetch(`${url}/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const families = parse(await response.text())
  return {
    families,
    /** The value of a sample, `belfry_` left out. */
    of: (sample: string) => families.get(`belfry_${sample.replace(/\{.*/, '')}`)?.samples.get(`belfry_${sample}`),
    histogram: (name: string) => {
      const samples = families.get(`belfry_${name}`)?.samples
      return { count: samples?.get(`belfry_${name}_count`), sum: samples?.get(`belfry_${name}_sum`) }
    },
  }
}

const unmeasured = { progress: async () => [], readiness: async () => ({}), connections: 0 }

describe('the metrics', () => {
  it('are all there, with type and meaning, before anything has happened', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path, plugins: [plugin] })
    const { families } = await metricsOf(app.url)
    const expected = Object.entries<Definition>(definitions).map(([name, { type, help }]) => [
      `belfry_${name}`,
      type,
      help,
    ])
    expect([...families].map(([name, { type, help }]) => [name, type, help]).sort()).toEqual(expected.sort())
    for (const [name, { type }] of families) {
      // Prometheus' conventions: counters end in _total, times are seconds.
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(name).not.toMatch(/(_ms|_milliseconds|_minutes)/)
    }
  })

  it('count what was done', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path, plugins: [plugin] })
    const ops = { authorization: `Bearer ${await app.token('op', 'ops')}` }
    const head = async (person: string) => (await app.call(person, '/v1/notifications')).body.head
    const { socket, frames, closed } = openSocket(app.url, await app.token('u1'))
    await expect.poll(() => frames.length).toBe(1)
    const old = new Date(Date.now() - 2 * 86_400_000).toISOString()
    await app.send(booked('e1', 'u1'), booked('e2', 'u2'), booked('e3', 'bad'), booked('e4', 'u2', old))
    await app.send(booked('e1', 'u1'))
    await app.send({ ...booked('e1', 'u1'), data: booked('e1', 'u9').data })
    await expect.poll(() => frames.length).toBe(2)
    await app.call('op', '/v1/ops/people/u2', { method: 'DELETE', headers: ops })
    await app.send(booked('e5', 'u2'))
    await app.send(booked('e6', 'u1'))
    await expect.poll(() => frames.length).toBe(3)
    socket.send('{"type":"seen","head":2}')
    const stream = await openEvents(app.url, await app.token('u1'), '?after=0')
    const reset = openSocket(app.url, await app.token('u1'), '?after=99')
    const bad = openSocket(app.url, await app.token('u1'))
    await expect.poll(() => stream.frames.length + reset.frames.length + bad.frames.length).toBe(3)
    bad.socket.send('no frame')
    expect(await bad.closed).toBe(4002)
    expect(await openSocket(app.url, 'none').closed).toBe(4001)
    const large = openSocket(app.url, await app.token('u3'))
    await expect.poll(() => large.frames.length).toBe(1)
    large.socket.send('x'.repeat(70_000))
    expect(await large.closed).toBe(1009)
    await app.call('op', '/v1/ops/topics/booking/pause', { method: 'POST', headers: ops })
    await app.send(booked('e7', 'u1'), booked('e8', 'u1'))
    expect(await head('u1')).toBe(2)

    await expect.poll(async () => (await metricsOf(app.url)).histogram('event_to_seen_seconds').count).toBe(1)
    const metrics = await metricsOf(app.url)
    const { of, histogram } = metrics
    expect({
      applied: of('events_applied_total{topic="booking",type="booking.created"}'),
      repeated: of('events_repeated_total'),
      reusedIds: of('events_reused_ids_total{topic="booking",type="booking.created"}'),
      tooOld: of('events_too_old_total{topic="booking"}'),
      told: of('notifications_total{plugin="p",message="told"}'),
      dropped: of('notifications_dropped_total'),
      letters: of('dead_letters_total{plugin="p",code="HANDLER_FAILED"}'),
      lag: of('lag_events{topic="booking",partition="0"}'),
      ready: ['store', 'source', 'topic booking'].map((part) => of(`ready{part="${part}"}`)),
      sockets: of('sockets'),
      resumes: of('resumes_total'),
      resets: of('resets_total'),
      changes: of('frames_total{type="changes"}'),
      resetFrames: of('frames_total{type="reset"}'),
      closes: ['4002', '4001', '1009'].map((code) => of(`closes_total{code="${code}"}`)),
      events: histogram('apply_batch_events').sum,
      toSocket: histogram('event_to_socket_seconds').count,
    }).toEqual({
      applied: 6,
      repeated: 2,
      reusedIds: 1,
      tooOld: 1,
      told: 3,
      dropped: 1,
      letters: 1,
      lag: 2,
      // Somebody has paused the topic.
      ready: [1, 1, 0],
      // A socket, the stream, and the one that was reset.
      sockets: 3,
      // With after=0 and after=99; one of them cannot be resumed.
      resumes: 2,
      resets: 1,
      resetFrames: 1,
      // Three on the first socket, one on the stream, one before the bad frame, one before the large one.
      changes: 6,
      closes: [1, 1, 1],
      events: 8,
      toSocket: 6,
    })
    expect(of('lag_seconds{topic="booking",partition="0"}')).toBeGreaterThan(0)
    expect(histogram('apply_seconds').count).toBe(histogram('apply_batch_events').count)
    expect(histogram('event_to_seen_seconds').sum).toBeGreaterThan(0)
    for (const one of [socket, reset.socket]) one.close()
    stream.stop()
    await Promise.all([closed, once(reset.socket, 'close').catch(() => {})])
    await expect.poll(async () => (await metricsOf(app.url)).of('sockets')).toBe(0)
  })

  it('count what a dead letter that is given back has done and left', async () => {
    const metrics = createMetrics({ version: '0' })
    const place = { topic: 't', partition: 0, offset: 0 }
    const left = {
      code: 'HANDLER_FAILED',
      message: 'm',
      plugin: 'q',
      key: null,
      value: null,
      headers: {},
      timestamp: 0,
    }
    const applied = { changes: [], lost: [], repeats: [place], dropped: 2, unsent: [], erased: [], fanOuts: 0 }
    metrics.applied(summariseRetry({ applied, left: [left, { ...left, plugin: 'r' }, left] }))
    const event = { topic: 't', type: 'y' }
    metrics.applied(summariseRetry({ applied: { ...applied, repeats: [], dropped: 0 }, left: [], event }))
    const { body } = await metrics.text(unmeasured)
    expect(body.split('\n')).toEqual(
      expect.arrayContaining([
        'belfry_notifications_dropped_total 2',
        'belfry_events_repeated_total 1',
        'belfry_events_applied_total{topic="t",type="y"} 1',
        'belfry_dead_letters_total{plugin="q",code="HANDLER_FAILED"} 2',
        'belfry_dead_letters_total{plugin="r",code="HANDLER_FAILED"} 1',
        'belfry_apply_batch_events_count 0',
        'belfry_apply_seconds_count 0',
      ]),
    )
  })

  it('take no more values of a label than are allowed, whatever is sent', async () => {
    const event = { source: '/s', id: 'e', type: 't' }
    const place = { topic: 't', partition: 0, offset: 0 }
    const metrics = createMetrics({ version: '0' })
    const names = Array.from({ length: 1_000 }, (_, index) => `made.up.${index}`)
    metrics.applied({
      events: names.map((name) => ['booking', name, 1]),
      reusedIds: names.map((name) => ['booking', name, 1]),
      notices: [],
      arrivals: names.map((name) => ['p', name, 1]),
      letters: names.map((name) => [name, 'HANDLER_FAILED', 1]),
      repeats: 0,
      dropped: 0,
      unsent: names.map((message) => ({ plugin: 'p', message, reason: 'expired', count: 1, event, ...place })),
      loggedAt: new Float64Array(),
    })
    for (const name of names) {
      metrics.noticed({ kind: 'too_old', topic: name, type: '', meant: '', count: 1 })
      metrics.noticed({ kind: 'no_key', topic: name, type: '', meant: '', count: 1 })
      metrics.noticed({ kind: 'unknown_type', topic: 'booking', type: name, meant: '', count: 1 })
    }
    const families = parse((await metrics.text(unmeasured)).body)
    for (const name of [
      'events_applied',
      'events_reused_ids',
      'events_too_old',
      'events_unknown',
      'records_noticed',
      'notifications_unsent',
      'notifications',
      'dead_letters',
    ]) {
      const samples = [...(families.get(`belfry_${name}_total`)?.samples ?? [])]
      expect([name, samples.length]).toEqual([name, 201])
      expect(samples.filter(([sample]) => sample.includes('"other"')).map(([, count]) => count)).toEqual([800])
      expect(samples.reduce((sum, [, count]) => sum + count, 0)).toBe(1_000)
    }
  })

  it('count closes by the codes of Belfry, and unknown ones of clients as other', async () => {
    await using folder = await begunFolder()
    await using app = await startBelfry({ folder: folder.path, plugins: [plugin] })
    const token = await app.token('u1')
    for (const code of [1000, 1001, 1008, 1011, 3000, 4008, 4029, 4999]) {
      const { socket, frames, closed } = openSocket(app.url, token)
      await expect.poll(() => frames.length).toBe(1)
      socket.close(code)
      await closed
    }
    const counted = async () => {
      const { families } = await metricsOf(app.url)
      return Object.fromEntries(families.get('belfry_closes_total')?.samples ?? [])
    }
    await expect.poll(counted).toEqual({
      'belfry_closes_total{code="1000"}': 1,
      'belfry_closes_total{code="1001"}': 1,
      'belfry_closes_total{code="other"}': 6,
    })
  })

  it('go on without the lag while the log cannot be read', async () => {
    let away = false
    const measured = {
      ...unmeasured,
      async progress() {
        if (away) throw new Error('away')
        return [{ topic: 't', partition: 0, next: 1, end: 4, lag: 3, oldest: 1_000 }]
      },
    }
    const metrics = createMetrics({ version: '0', clock: () => 3_500 })
    metrics.fanOutRefused('p')
    const read = async () => [...parse((await metrics.text(measured)).body)].flatMap(([, { samples }]) => [...samples])
    const lag = [
      ['belfry_lag_events{topic="t",partition="0"}', 3],
      ['belfry_lag_seconds{topic="t",partition="0"}', 2.5],
    ]
    const letter = ['belfry_dead_letters_total{plugin="p",code="FAN_OUT_REFUSED"}', 1]
    expect(await read()).toEqual(expect.arrayContaining([...lag, letter]))
    away = true
    const left = await read()
    expect(left).toContainEqual(letter)
    expect(left.filter(([name]) => String(name).includes('lag'))).toEqual([])
  })
})
