import {
  createProxy,
  findPooler,
  findPrograms,
  isMissing,
  type PostgresServer,
  startPooler,
  startPostgres,
} from '@belfry/test-services'
import { Client, type QueryResultRow } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSession } from '../../src/connect/session.ts'
import {
  createPeers,
  type Database,
  openPGlite,
  openPostgres,
  type PostgresOptions,
  type ReceivedUpdate,
} from '../../src/index.ts'
import { createPayloads } from '../../src/peers/payloads.ts'

it('there are no peers on PGlite, where there is one process', async () => {
  const database = await openPGlite()
  expect(createPeers(database, { onUpdate: () => {}, onListening: () => {} })).toBeUndefined()
  await database.close()
})

describe.skipIf(isMissing(findPrograms()))('peers', () => {
  let server: PostgresServer
  let made = 0
  const endings: (() => unknown)[] = []
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end()
  })
  afterAll(() => server?.[Symbol.asyncDispose]())
  const newDatabase = () => server.createDatabase(`peers_${made++}`)

  /** Everybody whom the tests name is connected everywhere. */
  const people = [
    ...['u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'long ago', 'just now', 'nobody', 'meanwhile'],
    ...Array.from({ length: 100 }, (_, index) => `v${index}`),
  ]
  /** An instance, and all that it has received by now. */
  const open = async (url: string, more: Partial<PostgresOptions> = {}) => begin(await openPostgres({ url, ...more }))
  async function begin(database: Database) {
    const updates: ReceivedUpdate[] = []
    const received = { updates, starts: 0 }
    const peers = createPeers(database, {
      onUpdate: (one) => void updates.push(one),
      onListening: () => void received.starts++,
    })
    if (peers === undefined) throw new Error('no peers')
    for (const person of people) peers.setConnected(person, true)
    endings.push(database.close, peers.close)
    await expect.poll(() => received.starts).toBe(1)
    return {
      peers,
      received,
      database,
      tell: (...heads: readonly (readonly [string, number])[]) => peers.send({ heads }),
      heads: () => Object.fromEntries(updates.flatMap(({ heads }) => heads)),
    }
  }
  /** The same database, of whose sessions each question waits. */
  const asking = (database: Database, wait: (statement: string) => Promise<void>): Database => ({
    ...database,
    createSession(options) {
      const session = database.createSession?.(options)
      if (session === undefined) throw new Error('no sessions')
      return {
        ...session,
        async query<Row extends QueryResultRow>(statement: string, values?: readonly unknown[]) {
          await wait(statement)
          return session.query<Row>(statement, values)
        },
      }
    },
  })
  /** A stranger who hears everything on the channel. With a lock they count as one of those who listen. */
  async function overhear(url: string, { counts }: { readonly counts: boolean }) {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    endings.push(() => client.end().catch(() => {}))
    const payloads: string[] = []
    client.on('notification', ({ payload = '' }) => void payloads.push(payload))
    await client.query('listen belfry_peers')
    if (counts) await client.query(`select pg_advisory_lock_shared(hashtextextended('belfry_peers', 1))`)
    return {
      payloads,
      client,
      news: () => payloads.filter((payload) => !payload.includes('hello')),
      say: (payload: string) => client.query(`select pg_notify('belfry_peers', $1)`, [payload]),
      /** When those who listen were counted for the last time, unless something was told since. */
      async looks() {
        const { rows } = await client.query<{
          at: number | null
        }>(`select max(extract(epoch from query_start))::float8 as at
          from pg_stat_activity where query like '%as listeners%' and pid <> pg_backend_pid()`)
        return rows[0]?.at ?? 0
      },
    }
  }
  const nextLook = async ({ looks }: Awaited<ReturnType<typeof overhear>>) => {
    const before = await looks()
    await expect.poll(looks).toBeGreaterThan(before)
  }

  it('receive what the others send, and nothing of their own', async () => {
    const url = await newDatabase()
    const [one, two, three] = [await open(url), await open(url), await open(url)]
    one.peers.send({ heads: Object.entries({ u1: 3 }), erased: ['u2'], topics: true })
    const said = [{ heads: [['u1', 3]], erased: ['u2'], topics: true }]
    await expect.poll(() => two.received.updates).toEqual(said)
    await expect.poll(() => three.received.updates).toEqual(said)
    two.tell(['u1', 4])
    await expect.poll(one.heads).toEqual({ u1: 4 })
    expect(one.received.updates).toEqual([{ heads: [['u1', 4]], erased: [], topics: false }])
    expect([one, two, three].map(({ received }) => received.starts)).toEqual([1, 1, 1])
  })

  it('send the updates of one interval as one', async () => {
    const url = await newDatabase()
    const [one, stranger] = [await open(url), await overhear(url, { counts: true })]
    const two = await open(url)
    one.tell(['u0', 1])
    await expect.poll(two.heads).toEqual({ u0: 1 })
    const began = performance.now()
    for (let head = 1; head <= 2_000; head++) {
      one.tell(['u1', head], [`v${head % 100}`, head])
      if (head % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await expect.poll(() => two.heads().u1).toBe(2_000)
    const most = (performance.now() - began) / 25 + 2
    expect(stranger.news().length).toBeLessThan(most)
    expect(two.heads()).toMatchObject({ v0: 2_000, v1: 1_901, v99: 1_999 })
  })

  it('send many people with long names, each as it is', async () => {
    const url = await newDatabase()
    const [one, two] = [await open(url), await open(url)]
    const stranger = await overhear(url, { counts: false })
    const names = ['"', '\\', '\0', '\n', '🛎️', 'ü', '\ud800', "'", '%'].map((one) => one.repeat(128))
    const people = Array.from({ length: 5_000 }, (_, index) => `${names[index % names.length]}${index}`)
    for (const person of people) two.peers.setConnected(person, true)
    one.peers.send({ heads: people.map((person, index) => [person, index] as const), erased: people })
    const received = () => two.received.updates.flatMap(({ heads }) => heads)
    await expect.poll(() => received().length).toBe(5_000)
    expect(received()).toEqual(people.map((person, index) => [person, index]))
    expect(two.received.updates.flatMap(({ erased }) => erased)).toEqual(people)
    expect(Math.max(...stranger.payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8_000)
  })

  it('send nothing while no peer listens, and send a newcomer what was added just before', async () => {
    const url = await newDatabase()
    const stranger = await overhear(url, { counts: false })
    let isHeld = false
    const waiting: (() => void)[] = []
    const wait = async (statement: string) => {
      if (isHeld && statement.includes('as listeners')) await new Promise<void>((resolve) => waiting.push(resolve))
    }
    const one = await begin(asking(await openPostgres({ url }), wait))
    const release = () => {
      isHeld = false
      waiting.shift()?.()
    }
    endings.push(release)
    one.tell(['long ago', 1])
    await nextLook(stranger)
    await nextLook(stranger)
    await nextLook(stranger)
    expect(stranger.news()).toEqual([])
    // However long the newcomer takes to come, there is one look until then.
    isHeld = true
    await expect.poll(() => waiting.length).toBe(1)
    one.tell(['just now', 1])
    waiting.shift()?.()
    await expect.poll(() => waiting.length).toBe(1)
    const two = await open(url)
    await expect.poll(two.heads).toEqual({ 'just now': 1 })
    release()
    expect(stranger.news().length).toBe(1)
    expect(stranger.payloads.filter((payload) => payload.includes('hello')).length).toBe(2)
    await two.peers.close()
    await nextLook(stranger)
    await nextLook(stranger)
    const before = stranger.news().length
    one.tell(['nobody', 1])
    await nextLook(stranger)
    await nextLook(stranger)
    expect(stranger.news().length).toBe(before)
  })

  it('count a newcomer whose hello comes during the count', async () => {
    const url = await newDatabase()
    const database = await openPostgres({ url })
    const stranger = await overhear(url, { counts: false })
    const greeted = Promise.withResolvers<void>()
    let isCounted = false
    const peers = createPeers(
      {
        ...database,
        createSession(options) {
          const begin = async (client: Client) => {
            await options.begin?.(client)
            client.on('notification', ({ payload = '' }) => payload.startsWith('stranger') && greeted.resolve())
          }
          const session = createSession({ connectionString: url }, { ...options, begin })
          return {
            ...session,
            // The answer is read after the hello that came with it.
            async query<Row extends QueryResultRow>(statement: string, values?: readonly unknown[]) {
              const rows = await session.query<Row>(statement, values)
              if (!isCounted) {
                isCounted = true
                await stranger.say(createPayloads('stranger', database.salt).hello())
                await greeted.promise
              }
              return rows
            },
          }
        },
      },
      { onUpdate: () => {}, onListening: () => {} },
    )
    endings.push(database.close, () => peers?.close())
    await greeted.promise
    await new Promise((resolve) => setImmediate(resolve))
    peers?.send({ heads: [['u1', 1]] })
    await nextLook(stranger)
    expect(stranger.news().length).toBe(1)
  })

  it('ignore what strangers send, and go on', async () => {
    const url = await newDatabase()
    const [one, two] = [await open(url), await open(url)]
    const stranger = await overhear(url, { counts: false })
    for (const payload of ['', 'x', 'x {', 'x null', 'x {"heads":["u1"]}', 'x {"heads":[1,"u1"]}', 'y'.repeat(7_999)])
      await stranger.say(payload)
    one.tell(['u2', 1])
    await expect.poll(two.heads).toEqual({ u2: 1 })
    expect(two.received.updates.length).toBe(1)
  })

  it('name no person on a channel that every role may listen to, and accept nothing that such a role sends', async () => {
    const url = await newDatabase()
    const [one, two] = [await open(url), await open(url)]
    const admin = new Client({ connectionString: url })
    await admin.connect()
    endings.push(() => admin.end())
    await admin.query(`create role stranger${made} login`)
    const stranger = await overhear(url.replace(/\/\/[^@/]*@?/, `//stranger${made}@`), { counts: false })
    await expect(stranger.client.query('select salt from store')).rejects.toThrow('permission denied')
    one.peers.send({ heads: Object.entries({ u1: 3 }), erased: ['u2'], topics: true })
    await expect.poll(() => two.received.updates.length).toBe(1)
    await expect.poll(() => stranger.news().length).toBe(1)
    expect(stranger.payloads.join()).not.toMatch(/u1|u2/)
    // The stranger sends what it has received again, as it was and changed.
    const said = [...stranger.payloads]
    for (const payload of said)
      for (const one of [payload, payload.replace('],"heads"', ',"x"],"heads"'), payload.replace(/ \d+ /, ' 99 ')])
        await stranger.say(one)
    one.tell(['u3', 1])
    await expect.poll(two.heads).toMatchObject({ u3: 1 })
    expect(two.received.updates.map(({ erased }) => erased)).toEqual([['u2'], []])
  })

  it('receive updates only of people who are connected to them', async () => {
    const url = await newDatabase()
    const [one, two] = [await open(url), await open(url)]
    two.peers.setConnected('u2', false)
    one.tell(['u1', 1], ['u2', 1], ['a stranger', 1])
    await expect.poll(two.heads).toEqual({ u1: 1 })
    one.tell(['u2', 2])
    one.peers.send({ erased: ['u2'] })
    one.tell(['u3', 1])
    await expect.poll(two.heads).toEqual({ u1: 1, u3: 1 })
    expect(two.received.updates.flatMap(({ erased }) => erased)).toEqual([])
  })

  it('receive again after the server has restarted, and learn that they may have missed updates', async () => {
    const url = await newDatabase()
    const [one, two] = [await open(url), await open(url)]
    await server.stop()
    one.tell(['meanwhile', 1])
    await server.start()
    await expect.poll(() => [one.received.starts, two.received.starts]).toEqual([2, 2])
    one.tell(['u1', 1])
    two.tell(['u2', 1])
    await expect.poll(two.heads).toEqual({ meanwhile: 1, u1: 1 })
    await expect.poll(one.heads).toEqual({ u2: 1 })
  })

  it('whose session alone broke miss updates for a moment, and send what they had to send in the end', async () => {
    const url = await newDatabase()
    const proxy = await createProxy(server.port)
    endings.push(proxy.close)
    const [one, two] = [await open(url.replace(String(server.port), String(proxy.port))), await open(url)]
    proxy.onSend = () => 'cut'
    proxy.cutAll()
    one.tell(['u1', 1])
    two.tell(['u2', 1])
    proxy.onSend = undefined
    await expect.poll(() => one.received.starts).toBe(2)
    await expect.poll(two.heads).toMatchObject({ u1: 1 })
    two.tell(['u2', 2])
    await expect.poll(one.heads).toMatchObject({ u2: 2 })
    expect(two.received.starts).toBe(1)
  })

  it('send what is left when they close, and receive nothing more', async () => {
    const url = await newDatabase()
    const [one, two] = [await open(url), await open(url)]
    one.tell(['u1', 1])
    await expect.poll(two.heads).toEqual({ u1: 1 })
    one.tell(['u2', 1])
    await one.peers.close()
    await expect.poll(two.heads).toEqual({ u1: 1, u2: 1 })
    one.tell(['u3', 1])
    two.tell(['u4', 1])
    const three = await open(url)
    two.tell(['u5', 1])
    await expect.poll(three.heads).toMatchObject({ u5: 1 })
    expect([one.received.updates, Object.keys(three.heads()).includes('u3')]).toEqual([[], false])
  })

  it.skipIf(isMissing(findPooler())).each(['transaction', 'session'] as const)(
    'receive updates past a pooler in %s mode',
    async (mode) => {
      const direct = await newDatabase()
      await using pooler = await startPooler(server.port, mode)
      const url = pooler.url(new URL(direct).pathname.slice(1))
      const more = { poolSize: 2, backgroundPoolSize: 1, ...(mode === 'transaction' && { sessionUrl: direct }) }
      const [one, two] = [await open(url, more), await open(url, more)]
      one.tell(['u1', 1])
      await expect.poll(two.heads).toEqual({ u1: 1 })
      for (const end of endings.splice(0).reverse()) await end()
    },
  )
})
