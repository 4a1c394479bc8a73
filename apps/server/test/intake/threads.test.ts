import { BelfryError } from '@belfry/contracts/errors'
import { postgresForTests } from '@belfry/test-services'
import { drawsOfTest } from '@belfry/test-services/random'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { createBelfry } from '../../src/create-belfry.ts'
import { type Commit, headsOf } from '../../src/delivery/commit.ts'
import { unpackFrames } from '../../src/delivery/packed-frames.ts'
import { openSocket } from '../start-belfry.ts'
import { booked, onThreads, watchThreads } from './on-threads.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

const headsPushedBy = ({ changes, frames }: Commit) => [
  ...changes.map(({ person, head }) => [person, head]),
  ...(frames ? [...unpackFrames(frames)] : []).map(({ person, head }) => [person, head]),
]

describe.skipIf(postgres === undefined)('an intake in threads', () => {
  it('notifies people who are connected, and others, for whom threads send no more than a number', async () => {
    const told: Commit[] = []
    using _ = watchThreads((said) => {
      if (said.kind === 'applied') told.push(said.commit)
      return false
    })
    await using belfry = await onThreads(postgres)
    const socket = openSocket(belfry.url, await belfry.token('u1'))
    await expect.poll(() => socket.frames.length).toBe(1)
    expect(await belfry.send(booked('e1', 'u1'), booked('e2', 'u2'))).toBe(202)
    await expect.poll(() => socket.items().map(({ title }) => title)).toEqual(['Booking e1', 'Booking e1'])
    await expect.poll(() => belfry.told('u2')).toEqual(['steady: Booking e2', 'troubled: Booking e2'])
    expect(told.flatMap(headsPushedBy)).toEqual([['u1', 2]])
    expect(told.flatMap((commit) => [...headsOf(commit)]).toSorted()).toEqual([
      ['u1', 2],
      ['u2', 2],
    ])
    expect(await belfry.metric('belfry_notifications_total{plugin="steady",message="told"}')).toBe('2')
    expect(await belfry.metric('belfry_event_to_socket_seconds_count')).toBe('2')
    expect(await belfry.metric('belfry_lag_events{topic="booking",partition="0"}')).toBe('0')
    socket.socket.close()
  })

  it('misses no client that connects while a thread commits', async () => {
    const draws = drawsOfTest()
    await using belfry = await onThreads(postgres)
    const rounds = Array.from({ length: 30 }, (_, index) => `round ${index}`)
    for (const round of rounds) {
      const token = await belfry.token(round)
      const sent = belfry.send(booked(`${round} 1`, round), booked(`${round} 2`, round))
      // Anywhere between the append and long after the commit.
      await new Promise((resolve) => setTimeout(resolve, draws.below(60)))
      const socket = openSocket(belfry.url, token)
      expect(await sent).toBe(202)
      await expect.poll(() => socket.frames.at(-1)?.head, { interval: 5, timeout: 5_000 }).toBe(4)
      // One chain without a gap, wherever it has begun.
      for (const [index, frame] of socket.frames.entries())
        if (index > 0) expect(frame.after).toBe(socket.frames[index - 1]?.head)
      socket.socket.close()
    }
  })

  it('notifies people before their connection is known to the thread', async () => {
    using _ = watchThreads(({ kind }) => kind === 'presence')
    await using belfry = await onThreads(postgres)
    const socket = openSocket(belfry.url, await belfry.token('u1'))
    await expect.poll(() => socket.frames.length).toBe(1)
    await belfry.send(booked('e1', 'u1'))
    // Sooner than the sweep that comes by itself.
    await expect.poll(() => socket.frames.map(({ head }) => head)).toEqual([0, 2])
    socket.socket.close()
  })

  it('notifies of what a thread has committed that ends before it can report it', async () => {
    using threads = watchThreads(({ kind }) => kind === 'applied')
    await using belfry = await onThreads(postgres, { threads: 1 })
    const socket = openSocket(belfry.url, await belfry.token('u1'))
    await expect.poll(() => socket.frames.length).toBe(1)
    await belfry.send(booked('e1', 'u1'))
    await belfry.applied()
    expect(socket.frames.length).toBe(1)
    await threads.all[0]?.terminate()
    await expect.poll(() => socket.frames.map(({ head }) => head)).toEqual([0, 2])
    socket.socket.close()
  })

  it('pauses and resumes a topic in all of them', async () => {
    await using belfry = await onThreads(postgres)
    const paused = { status: 200, body: { topic: 'booking', state: 'paused' } }
    expect(await belfry.ops('/topics/booking/pause', { method: 'POST' })).toEqual(paused)
    await belfry.send(booked('e1', 'u1'))
    await expect.poll(belfry.lag).toEqual([1])
    expect(await belfry.told('u1')).toEqual([])
    expect((await belfry.ready()).parts).toMatchObject({ 'topic booking': { status: 'degraded', why: 'paused' } })
    expect((await belfry.ops('/topics/booking/resume', { method: 'POST' })).body.state).toBe('running')
    await belfry.applied()
    expect((await belfry.told('u1')).length).toBe(2)
    expect((await belfry.ops('/topics/bookings/pause', { method: 'POST' })).status).toBe(404)
    await expect(belfry.belfry.pause('bookings')).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' })
  })

  it('logs where everything is logged, with the number of the thread', async () => {
    await using belfry = await onThreads(postgres)
    await belfry.send(booked('e1', 'u1', 'said'))
    await belfry.applied()
    const said = belfry.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'from a handler')
    expect(said).toMatchObject([{ plugin: 'steady', said: 'e1', topic: 'booking', offset: 0 }])
    expect([1, 2]).toContain(said[0]?.thread)
  })

  it('logs at debug each step of the life of a thread', async () => {
    using threads = watchThreads()
    const belfry = await onThreads(postgres, { threads: 1, env: { NOTIFICATION_SERVICE__LOG_LEVEL: 'debug' } })
    const steps = () =>
      belfry.lines
        .map((line) => JSON.parse(line))
        .filter(({ state }) => state !== undefined)
        .map(({ thread, before, state, why }) => [thread, before, state, ...(why === undefined ? [] : [why])])
    await threads.all[0]?.terminate()
    const restarted = [
      [1, 'waiting', 'starting'],
      [1, 'starting', 'ready'],
    ]
    const all = [
      ...restarted,
      [1, 'ready', 'ended', 'was ended by process.exit(1)'],
      [1, 'ended', 'waiting'],
      ...restarted,
    ]
    await expect.poll(steps).toEqual(all)
    await belfry.belfry.close()
    expect(steps().slice(all.length)).toEqual([
      [1, 'ready', 'ended', 'has closed'],
      [1, 'ended', 'closed'],
    ])
  })

  it('does not begin where a thread cannot, with the reason in the same words', async () => {
    await using belfry = await onThreads(postgres)
    // The main thread loads it, and threads cannot.
    const plugins = new URL('./only-once-plugins.ts', import.meta.url)
    const refused = createBelfry({ config: belfry.config, plugins }, { threads: 2 })
    await expect(refused).rejects.toBeInstanceOf(BelfryError)
    await expect(refused).rejects.toMatchObject({
      code: 'PLUGINS_UNREADABLE',
      sentence: expect.stringContaining('not in a thread'),
    })
  })

  it('does not begin where its memory does not suffice', async () => {
    using threads = watchThreads()
    await expect(onThreads(postgres, { memoryMb: 16 })).rejects.toMatchObject({
      code: 'INTAKE_NOT_BEGUN',
      sentence: expect.stringMatching(/^intake thread [12] ran out of memory before it had begun$/),
    })
    expect(threads.running()).toEqual([])
  })

  it('leaves nothing behind when it closes, whatever is under way', async () => {
    using threads = watchThreads()
    const belfry = await onThreads(postgres, { threads: 3 })
    expect(threads.running().length).toBe(3)
    const client = new Client({ connectionString: belfry.config.postgres?.url })
    await client.connect()
    const others = async () => {
      const { rows } = await client.query(
        'select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
      return rows.length
    }
    await belfry.send(...Array.from({ length: 100 }, (_, index) => booked(`e${index}`, `u${index}`)))
    expect(await others()).toBeGreaterThan(3)
    await belfry.belfry.close()
    await expect.poll(others).toBe(0)
    expect(threads.running()).toEqual([])
    // What was under way is applied as a whole, or not at all.
    const { rows } = await client.query(`select (select next from position where topic = 'booking') as next,
      (select count(*) from notification) as told`)
    expect(Number(rows[0].told)).toBe(2 * Number(rows[0].next))
    await client.end()
  })
})
