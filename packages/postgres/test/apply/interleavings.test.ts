import type { Effect, Store } from '@belfry/core'
import { batchOf, type Happening, happen, notify, renderPlainly, sliceOf, start } from '@belfry/core/testing'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { createStore, type Database } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'
import { engines, oneDatabase } from '../one-database.ts'

/*
 * Two writers, one after the other in the middle of what the first does: it is held up where it wants an inbox that the test has locked,
 * the second begins, and then both go on. What they leave must be what one after the other would have left.
 */

const [, open] = engines.find(([name]) => name === 'Postgres') ?? []
const DAY = 86_400_000
const withdraw = (key: string): Effect => ({ kind: 'withdraw', key })
const crowd = (people: readonly string[]): Effect => ({
  kind: 'join',
  people: [...people],
  audience: 'a',
  because: 'x',
})

describe.skipIf(open === undefined)('on Postgres, while another transaction is under way,', () => {
  const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))
  let database: Database
  let store: Store
  let topics = 0
  beforeEach(async () => {
    database = await empty()
    store = await createStore(database, { render: renderPlainly, clock: () => start, fanOutOver: 2 })
  })

  /** Applies in a topic of its own, as another process might. */
  const elsewhere = async (...happenings: readonly Happening[]) => {
    const topic = `t${topics++}`
    await store.positions.beginAt([{ topic, partition: 0, next: 0 }])
    return store.batches.apply(batchOf(sliceOf(0, happenings, topic)))
  }
  const waiters = async (): Promise<number> => {
    const { rows } = await sql<{ count: number }>`select count(distinct l.pid)::int as count
      from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()`.execute(
      database.db,
    )
    return rows[0]?.count ?? 0
  }
  /**
   * Lets `first` begin and wait for the inbox of a person, then `second`, until it waits as well or is done; then both go on. Answers what
   * they do, and whether the second had to wait.
   */
  const within = async <A, B>(
    person: string,
    first: () => Promise<A>,
    second: () => Promise<B>,
  ): Promise<[A, B, boolean]> => {
    const locked = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const holding = database.background.transaction().execute(async (trx) => {
      await sql`select from inbox where person = ${person} for update`.execute(trx)
      locked.resolve()
      await gate.promise
    })
    await locked.promise
    const one = first()
    await expect.poll(waiters).toBe(1)
    let done = false
    const two = second().finally(() => (done = true))
    await expect.poll(async () => done || (await waiters()) === 2).toBe(true)
    const hadToWait = !done
    gate.resolve()
    await holding
    return [...(await Promise.all([one, two])), hadToWait]
  }
  const inbox = async (person: string) => {
    const { items, head, unread } = await store.inboxes.page(person, { limit: 9, filter: 'all' })
    return { items: items.length, head, unread }
  }

  it('a batch that waited for its position, and finds it where it begins, moves it on', async () => {
    await store.positions.beginAt([{ topic: 'w', partition: 0, next: 0 }])
    await happen(store, { id: 'e0', effects: [notify('u1')] })
    const slice = (from: number) => batchOf(sliceOf(from, [{ id: `e${from + 1}`, effects: [notify('u1')] }], 'w'))
    const [first, second] = await within(
      'u1',
      () => store.batches.apply(slice(0)),
      () => store.batches.apply(slice(1)),
    )
    expect([first.lost, second.lost]).toEqual([[], []])
    expect(await store.positions.of(['w'])).toEqual([{ topic: 'w', partition: 0, next: 2 }])
    expect(await inbox('u1')).toEqual({ items: 3, head: 3, unread: 3 })
  })

  it('what is sent under a key that is being withdrawn does not arrive', async () => {
    await happen(store, { id: 'e1', effects: [notify('u1', { key: 'k' })] })
    await within(
      'u1',
      () => elsewhere({ id: 'e2', effects: [withdraw('k')] }),
      () => elsewhere({ id: 'e3', effects: [notify('u2', { key: 'k' })] }),
    )
    expect([await inbox('u1'), await inbox('u2')]).toEqual([
      { items: 0, head: 2, unread: 0 },
      { items: 0, head: 0, unread: 0 },
    ])
  })

  it('what is sent under a key while that is being withdrawn is withdrawn too', async () => {
    await happen(store, { id: 'e1', effects: [notify('u1')] })
    await within(
      'u1',
      () => elsewhere({ id: 'e2', effects: [notify('u1', { key: 'k' })] }),
      () => elsewhere({ id: 'e3', effects: [withdraw('k')] }),
    )
    expect(await inbox('u1')).toEqual({ items: 1, head: 3, unread: 1 })
  })

  it('a step of a large audience notifies no person under a key that is being withdrawn', async () => {
    const people = ['p1', 'p2', 'p3', 'p4']
    await happen(store, { id: 'e1', effects: [crowd(people), notify('#a', { key: 'k' })] })
    await store.upkeep.fanOut(start, 1)
    await within(
      'p1',
      () => elsewhere({ id: 'e2', effects: [withdraw('k')] }),
      () => store.upkeep.fanOut(start, 2),
    )
    expect(await Promise.all(people.map(inbox))).toEqual([
      { items: 0, head: 2, unread: 0 },
      ...people.slice(1).map(() => ({ items: 0, head: 0, unread: 0 })),
    ])
  })

  it('what is sent to a person who is being erased does not arrive', async () => {
    await happen(store, { id: 'e1', effects: [crowd(['u1', 'p2', 'p3']), notify('u1')] })
    await within(
      'u1',
      () => store.people.erase('u1', start),
      () => elsewhere({ id: 'e2', effects: [notify('u1'), crowd(['u1'])] }),
    )
    expect(await inbox('u1')).toEqual({ items: 0, head: 0, unread: 0 })
    expect((await happen(store, { id: 'e3', effects: [notify(['#a'])] })).changes.map(({ person }) => person)).toEqual([
      'p2',
      'p3',
    ])
  })

  it('a step of a large audience does not reach a person who is being erased', async () => {
    await happen(store, { id: 'e1', effects: [notify('p1'), crowd(['p1', 'p2', 'p3']), notify('#a')] })
    await within(
      'p1',
      () => store.people.erase('p1', start),
      () => store.upkeep.fanOut(start, 2),
    )
    expect(await inbox('p1')).toEqual({ items: 0, head: 0, unread: 0 })
  })

  const expiring = (key = 'none') => notify('u1', { key, expiresAt: new Date(start + 1).toISOString() })
  it.each<[what: string, sent: Effect, second: () => Promise<unknown>, items: number, head: number]>([
    ['expires', expiring(), () => store.upkeep.expire(start + 1, 9), 0, 3],
    ['is withdrawn', notify('u1', { key: 'k' }), () => elsewhere({ id: 'e2', effects: [withdraw('k')] }), 0, 3],
    [
      'grows old unread',
      notify('u1'),
      () => store.upkeep.retain({ at: start + DAY, readBefore: start, before: start + 1 }),
      0,
      3,
    ],
  ])('what %s is counted as it was marked just before', async (_what, sent, second, items, head) => {
    await happen(store, { id: 'e1', effects: [sent] })
    await within('u1', () => store.inboxes.mark('u1', 1, { read: true }), second)
    expect(await inbox('u1')).toEqual({ items, head, unread: 0 })
  })

  it('what was read and is marked unread just before it would be deleted stays', async () => {
    await happen(store, { id: 'e1', effects: [notify('u1')] })
    await store.inboxes.mark('u1', 1, { read: true })
    await within(
      'u1',
      () => store.inboxes.mark('u1', 1, { read: false }),
      () => store.upkeep.retain({ at: start, readBefore: start + 1, before: start }),
    )
    expect(await inbox('u1')).toEqual({ items: 1, head: 3, unread: 1 })
  })

  it('what expires and is withdrawn at once is counted once', async () => {
    await happen(store, { id: 'e1', effects: [expiring('k')] })
    await within(
      'u1',
      () => elsewhere({ id: 'e2', effects: [withdraw('k')] }),
      () => store.upkeep.expire(start + 1, 9),
    )
    expect(await inbox('u1')).toEqual({ items: 0, head: 2, unread: 0 })
  })

  const letterOf = (key: string) => ({
    code: 'HANDLER_FAILED',
    message: 'm',
    plugin: 'p',
    type: 'suite.happened',
    key: Buffer.from(key),
    value: Buffer.from('{}'),
    headers: {},
    timestamp: start,
  })
  /** Keeps a dead letter under the key b, and answers what tries it again with this effect. */
  const retryOf = async (effect: Effect) => {
    await happen(store, { id: 'e1', key: 'b', deadLetters: [letterOf('b')] })
    const [kept] = await store.deadLetters.list({ limit: 1 })
    const [entry] = sliceOf(0, [{ id: 'e1', key: 'b', effects: [effect] }]).entries
    if (kept === undefined || entry === undefined) throw new Error('there is no dead letter')
    return () => store.deadLetters.retry(kept.id, { at: start, entry, force: false })
  }

  it.each<[what: string, effect: Effect]>([
    ['tells', notify('u1')],
    // It removes the letter too, because that names the person.
    ['erases', { kind: 'erase', person: 'b' }],
  ])('a dead letter that %s is not retried over a later event of its key that is being applied', async (_, effect) => {
    await happen(store, { id: 'e0', effects: [notify(['u1', 'b'])] })
    const retry = await retryOf(effect)
    const later = { id: 'e2', key: 'b', effects: [notify('u1')] }
    const [, retried] = await within('u1', () => happen(store, later), retry)
    expect([retried, (await inbox('b')).head]).toEqual([{ kind: 'followed', followedBy: 1 }, 1])
  })

  it('a dead letter that waits for an inbox is retried before a later event of its key, which waits for it', async () => {
    await happen(store, { id: 'e0', effects: [notify('u1')] })
    const retry = await retryOf(notify('u1'))
    const [retried] = await within('u1', retry, () => happen(store, { id: 'e2', key: 'b', effects: [notify('u2')] }))
    expect([retried.kind, (await inbox('u1')).head, (await inbox('u2')).head]).toEqual(['applied', 2, 1])
  })

  it('a later event of the key sees what the retry of an earlier one has done', async () => {
    await happen(store, { id: 'e0', effects: [notify('u1')] })
    await happen(store, { id: 'e1', key: 'b', deadLetters: [letterOf('b')] })
    const [kept] = await store.deadLetters.list({ limit: 1 })
    const [entry] = sliceOf(0, [
      {
        id: 'e1',
        key: 'b',
        effects: [
          notify('u1'),
          { kind: 'join', people: ['u2'], audience: 'a', because: 'x' },
          { kind: 'profile', person: 'u3', profile: { locale: 'de' } },
        ],
      },
    ]).entries
    if (kept === undefined || entry === undefined) throw new Error('there is no dead letter')
    const retry = () => store.deadLetters.retry(kept.id, { at: start, entry, force: false })
    const [retried, , waited] = await within('u1', retry, () =>
      happen(store, { id: 'e2', key: 'b', effects: [notify('#a'), notify('u3')] }),
    )
    expect([retried.kind, waited]).toEqual(['applied', true])
    expect((await inbox('u2')).head).toBe(1)
    expect((await store.inboxes.page('u3', { limit: 9, filter: 'all' })).items[0]?.title).toBe('p.said in de')
  })

  const both = ['u2', 'u1']
  it.each<[who: string, sent: Effect, write: () => Promise<unknown>]>([
    ['an event that tells several', notify(both), () => elsewhere({ id: 'e2', effects: [notify(both)] })],
    ['a withdrawal', notify(both, { key: 'k' }), () => elsewhere({ id: 'e2', effects: [withdraw('k')] })],
    [
      'an expiry',
      notify(both, { expiresAt: new Date(start + 1).toISOString() }),
      () => store.upkeep.expire(start + 1, 9),
    ],
    ['a retention', notify(both), () => store.upkeep.retain({ at: start, readBefore: start, before: start + 1 })],
  ])('%s takes inboxes in the order of their people, and none of a later one before', async (_who, sent, write) => {
    await happen(store, { id: 'e1', effects: [sent] })
    await within('u1', write, async () => {
      const { rows } = await sql`select person from inbox where person = 'u2' for update skip locked`.execute(
        database.db,
      )
      expect(rows).toEqual([{ person: 'u2' }])
    })
  })

  /** What a writer that is held up at one row has not taken yet, because it comes after in the one order. */
  const leavesFree = async (held: string, write: () => Promise<unknown>, free: string) => {
    const locked = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const holding = database.background.transaction().execute(async (trx) => {
      await sql.raw(held).execute(trx)
      locked.resolve()
      await gate.promise
    })
    await locked.promise
    const writing = write()
    await expect.poll(waiters).toBe(1)
    const { rows } = await sql.raw(free).execute(database.db)
    gate.resolve()
    await Promise.all([holding, writing])
    return rows.length
  }
  /** So many that each is looked for by its key, in the order in which keys are named. */
  const many = async (table: string, columns: string, values: string) => {
    await sql
      .raw(`insert into ${table} (${columns}) select ${values} from generate_series(1, 50000) n`)
      .execute(database.background)
    await sql.raw(`analyze ${table}`).execute(database.background)
  }

  it('keys of dead letters that are followed are locked in one order, whatever the order of their keys', async () => {
    await happen(store, { id: 'e0', key: 'a', deadLetters: [letterOf('a')] })
    await happen(store, { id: 'e1', key: 'b', deadLetters: [letterOf('b')] })
    const { rows } = await sql<{ hash: string }>`select encode(hash, 'hex') as hash from letter_key
      order by hash`.execute(database.db)
    const [first, second] = rows.map(
      ({ hash }) => `select from letter_key where hash = decode('${hash}', 'hex') for update`,
    )
    const free = await leavesFree(
      first ?? '',
      () => happen(store, { id: 'e2', key: 'b' }, { id: 'e3', key: 'a' }),
      `${second} skip locked`,
    )
    expect(free).toBe(1)
    expect((await store.deadLetters.list({ limit: 9, before: 3 })).map(({ followedBy }) => followedBy)).toEqual([1, 1])
  })

  it('people who are created again are locked in one order, whichever comes first', async () => {
    const two = ['u1', 'u2']
    for (const person of two) await store.people.erase(person, start)
    await many('erased', 'hash, at, head', `decode(md5(n::text) || md5(n::text), 'hex'), now(), 0`)
    const { rows } = await sql<{
      hash: string
    }>`select encode(hash, 'hex') as hash from erased where at = ${new Date(start)}
      order by hash`.execute(database.db)
    const [first, second] = rows.map(
      ({ hash }) => `select from erased where hash = decode('${hash}', 'hex') for update`,
    )
    const profile = (person: string): Happening => ({
      id: person,
      type: 'user.created',
      minute: 1,
      effects: [{ kind: 'profile', person, profile: {} }],
    })
    // One of the two orders is the other way round.
    for (const people of [two, two.toReversed()]) {
      const free = await leavesFree(first ?? '', () => elsewhere(...people.map(profile)), `${second} skip locked`)
      expect(free).toBe(1)
      for (const person of two) await store.people.erase(person, start)
      await sql`truncate event`.execute(database.db)
    }
  })

  it('what is only counted for dead letters waits for an erasure, which may delete them', async () => {
    await happen(store, { id: 'e0', effects: [notify('u1')] })
    const slice = sliceOf(1, [{ id: 'e1', key: 'b' }])
    const without = { ...slice, entries: slice.entries.map((entry) => ({ ...entry, effects: [] })) }
    const [, , hadToWait] = await within(
      'u1',
      () => store.people.erase('u1', start),
      () => store.batches.apply(batchOf(without)),
    )
    expect(hadToWait).toBe(true)
  })

  it('texts are rendered before any inbox is locked, so that no transaction waits for them', async () => {
    const seen: string[] = []
    const watched = aroundTransactions(
      database,
      {},
      {
        transformQuery({ node }) {
          const text = JSON.stringify(node)
          if (/(insert into|update|from) inbox/.test(text)) seen.push('inbox')
          if (/from profile/.test(text)) seen.push('profile')
          return node
        },
        transformResult: async ({ result }) => result,
      },
    )
    const rendering = await createStore(watched, {
      render(text, reader) {
        seen.push('render')
        return renderPlainly(text, reader)
      },
    })
    await happen(rendering, { id: 'e1', effects: [notify('u1', { key: 'k' })] })
    expect(seen.splice(0)).toEqual(['profile', 'render', 'inbox'])
    await happen(rendering, { id: 'e2', effects: [withdraw('k'), notify('u1')] })
    // Locked first, then numbered.
    expect(seen).toEqual(['profile', 'render', 'inbox', 'inbox'])
  })

  it('a mark of everything touches no row that has no mark of its own', async () => {
    await happen(store, { id: 'e1', effects: [notify('u1'), notify('u1'), notify('u1')] })
    await store.inboxes.mark('u1', 2, { read: true })
    await store.inboxes.mark('u1', 2, { read: false })
    const versions = async () => {
      const { rows } = await sql<{
        version: string
      }>`select ctid::text as version from notification order by seq`.execute(database.db)
      return rows.map(({ version }) => version)
    }
    const before = await versions()
    await store.inboxes.readThrough('u1', 9)
    const after = await versions()
    expect(before.map((version, index) => version === after[index])).toEqual([true, false, true])
  })

  it('a deadlock with a transaction that keeps no order is transient, and passes', async () => {
    await happen(store, { id: 'e1', effects: [notify(both)] })
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const stranger = database.db.transaction().execute(async (trx) => {
      // Who looks for deadlocks is the one who gives way, and looks once.
      await sql`set local deadlock_timeout = '1min'`.execute(trx)
      await sql`select from inbox where person = 'u2' for update`.execute(trx)
      begun.resolve()
      await gate.promise
      await sql`select from inbox where person = 'u1' for update`.execute(trx)
    })
    await begun.promise
    await store.positions.beginAt([{ topic: 'deadlock', partition: 0, next: 0 }])
    const apply = () => store.batches.apply(batchOf(sliceOf(0, [{ id: 'e2', effects: [notify(both)] }], 'deadlock')))
    const refused = () =>
      expect(apply()).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('40P01'),
      })
    // Both wait for u1. The batch gets it first, and by the time that it waits for u2 the stranger has long been waiting for it.
    await within('u1', refused, () => {
      gate.resolve()
      return stranger
    })
    expect((await apply()).changes).toMatchObject([{ head: 2 }, { head: 2 }])
  })
})
