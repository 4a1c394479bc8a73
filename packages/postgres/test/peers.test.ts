import { startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createPeers, type Database, type Heard, openPGlite, openPostgres } from '../src/index.ts'
import { postgres } from './one-database.ts'

describe.skipIf(postgres === undefined)('instances on one store', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const instance = async () => {
    const database: Database = await openPostgres({ url: server.url() })
    const heard: Heard[] = []
    let deaf = 0
    const peers = createPeers(database, { onHeard: (news) => heard.push(news), onDeaf: () => deaf++ })
    open.unshift(database)
    open.unshift(peers)
    const heads = () => new Map(heard.flatMap((news) => news.heads))
    return { peers, heard, heads, deaf: () => deaf }
  }
  /** Two that hear each other. */
  const two = async () => {
    const [one, other] = [await instance(), await instance()]
    const probe = async () => {
      one.peers.tell({ erased: ['probe'] })
      other.peers.tell({ erased: ['probe'] })
      return one.heard.length > 0 && other.heard.length > 0
    }
    await expect.poll(probe).toBe(true)
    return { one, other }
  }
  const listen = async () => {
    const client = new Client({ connectionString: server.url() })
    const said: string[] = []
    client.on('notification', ({ payload = '' }) => said.push(payload))
    await client.connect()
    await client.query('listen belfry')
    open.unshift({ close: () => client.end() })
    return { client, said }
  }

  it('hear what others tell, and not what they tell themselves', async () => {
    const { one, other } = await two()
    one.peers.tell({
      heads: [
        ['u1', 5],
        ['ü "2"', 7],
      ],
      erased: ['u3'],
      topics: true,
    })
    await expect.poll(other.heads).toEqual(
      new Map([
        ['u1', 5],
        ['ü "2"', 7],
      ]),
    )
    const last = other.heard.at(-1)
    expect([last?.erased.includes('u3'), last?.topics]).toEqual([true, true])
    expect(one.heads()).toEqual(new Map())
  })

  it('tell together what is told within an instant, of each person the latest', async () => {
    const { one, other } = await two()
    const { said } = await listen()
    for (let head = 1; head <= 100; head++) one.peers.tell({ heads: [['u1', head]] })
    await expect.poll(() => other.heads().get('u1')).toBe(100)
    const heads = said.map((payload) => JSON.parse(payload).heads ?? []).filter((some) => some.length > 0)
    expect(heads).toEqual([[['u1', 100]]])
  })

  it('tell of more people than one message takes', async () => {
    const { one, other } = await two()
    const people = Array.from({ length: 5_000 }, (_, index): [string, number] => [`${'ü'.repeat(60)}${index}`, index])
    one.peers.tell({ heads: people })
    await expect.poll(() => other.heads().size).toBe(5_000)
    expect(other.heads()).toEqual(new Map(people))
  })

  it('tell nothing while there is nobody else', async () => {
    const { said } = await listen()
    const alone = await instance()
    // It says that it has come, and then looks who else is there.
    await expect.poll(() => said.length).toBe(1)
    const tells = async () => {
      const before = said.length
      alone.peers.tell({ heads: [['u1', 1]] })
      alone.peers.tell({ topics: true })
      await expect.poll(() => said.length).toBeGreaterThan(before)
      return said.slice(before).some((payload) => payload.includes('u1'))
    }
    await expect.poll(tells).toBe(false)
    // Whoever comes is told at once.
    const other = await instance()
    await expect.poll(() => said.length).toBeGreaterThan(1)
    const hears = async () => {
      alone.peers.tell({ heads: [['u2', 1]] })
      return other.heads().has('u2')
    }
    await expect.poll(hears).toBe(true)
  })

  it('hear again after the server was away, and know that they may have missed something', async () => {
    const { one, other } = await two()
    expect(other.deaf()).toBe(0)
    await server.stop()
    await server.start()
    await expect.poll(other.deaf).toBe(1)
    const hears = async () => {
      one.peers.tell({ heads: [['u1', 1]] })
      return other.heads().has('u1')
    }
    await expect.poll(hears).toBe(true)
  })

  it('do not mind what strangers say on their channel', async () => {
    const { one, other } = await two()
    const { client } = await listen()
    const strange = [
      '',
      'no JSON',
      '5',
      '{"from":7}',
      '{"from":"x","heads":[["u1"],["u2","two"],5],"erased":[1],"topics":1}',
    ]
    for (const payload of strange) await client.query('select pg_notify($1, $2)', ['belfry', payload])
    one.peers.tell({ heads: [['u1', 1]] })
    await expect.poll(other.heads).toEqual(new Map([['u1', 1]]))
  })
})

it('have nobody to tell where no other process shares the store', async () => {
  const database = await openPGlite()
  const peers = createPeers(database, { onHeard: () => {}, onDeaf: () => {} })
  peers.tell({ heads: [['u1', 1]] })
  await peers.close()
  await database.close()
})
