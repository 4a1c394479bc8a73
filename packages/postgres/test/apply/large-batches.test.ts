import { coreErrors, type Effect, type Render } from '@belfry/core'
import { happen, notify, renderPlainly, start, to } from '@belfry/core/testing'
import { findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, openPostgres } from '../../src/index.ts'
import { aroundTransactions } from '../around-transactions.ts'
import { engines, oneDatabase } from '../one-database.ts'

const HOUR = 3_600_000

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))

    it('a batch that would reach too many at once leaves the rest to later steps, so that no lock is held long', async () => {
      const store = await createStore(await empty(), { render: renderPlainly })
      const people = Array.from({ length: 300 }, (_, index) => `p${index}`)
      await happen(store, { id: 'e', effects: [{ kind: 'join', people, audience: 'a', because: 'x' }] })
      const events = Array.from({ length: 10 }, (_, index) => ({ id: `e${index}`, effects: [notify(['#a'])] }))
      const { changes, fanOuts } = await happen(store, ...events)
      const reached = changes.reduce((sum, { after, head }) => sum + head - after, 0)
      expect(reached).toBeGreaterThan(1_000)
      expect(reached).toBeLessThanOrEqual(2_000)
      expect(reached + fanOuts * people.length).toBe(events.length * people.length)
      while ((await store.upkeep.fanOut(0, 500)).more);
      expect(await store.inboxes.page('p7', { limit: 1, filter: 'all' })).toMatchObject({ head: 10, unread: 10 })
    })

    it('the people of a fan-out lie in rows of a thousand, so that a step writes little', async () => {
      const database = await empty()
      const store = await createStore(database, { render: renderPlainly })
      const people = Array.from({ length: 2_500 }, (_, index) => `p${index}`)
      await happen(store, {
        id: 'e',
        effects: [{ kind: 'join', people, audience: 'a', because: 'x' }, notify('#a', { except: to('p7') })],
      })
      const { rows } = await sql<{
        count: number
      }>`select cardinality(people) as count from fanout_people order by part`.execute(database.db)
      expect(rows.map(({ count }) => count)).toEqual([1_000, 1_000, 499])
    })

    it('a text for a large audience is rendered once for each locale and time zone in a step', async () => {
      let rendered = 0
      const render: Render = (...text) => {
        rendered++
        return renderPlainly(...text)
      }
      const store = await createStore(await empty(), { render })
      const people = Array.from({ length: 400 }, (_, index) => `p${index}`)
      const profiles = people.map((person, index): Effect => {
        const profile = { name: person, ...(index % 2 === 0 && { locale: 'de' }), timeZone: 'Europe/Berlin' }
        return { kind: 'profile', person, profile }
      })
      await happen(store, { id: 'e1', effects: [...profiles, notify('#everyone')] })
      expect((await store.upkeep.fanOut(start, 400)).changes.length).toBe(400)
      expect(rendered).toBe(2)
      const titles = people.slice(0, 2).map(async (person) => {
        const { items } = await store.inboxes.page(person, { limit: 1, filter: 'all' })
        return items[0]?.title
      })
      expect(await Promise.all(titles)).toEqual(['p.said in de', 'p.said'])
    })

    const strangers = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`)
    const timed = async (act: () => Promise<unknown>) => {
      const began = performance.now()
      await act()
      return performance.now() - began
    }
    const tellAll = async (store: Awaited<ReturnType<typeof createStore>>) => {
      while ((await store.upkeep.fanOut(start, 500)).more);
    }

    it('an event that names tens of thousands of strangers blocks its topic for a small part of the time that telling them takes', async () => {
      const store = await createStore(await empty(), { render: renderPlainly })
      const all = strangers(20_000)
      const effects = [notify(all.slice(0, 10_000)), notify(all.slice(10_000))]
      const apply = await timed(async () => {
        expect(await happen(store, { id: 'e1', effects })).toMatchObject({ changes: [], fanOuts: 2 })
      })
      // The next event of the topic is told before they are.
      const next = await happen(store, { id: 'e2', effects: [notify('booker')] })
      expect(next.changes.map(({ person }) => person)).toEqual(['booker'])
      const tell = await timed(() => tellAll(store))
      expect(apply).toBeLessThan(tell / 2)
      expect((await store.inboxes.heads(all)).size).toBe(20_000)
    })

    it('what one event names in many effects is told in steps beyond what one transaction holds', async () => {
      const store = await createStore(await empty(), { render: renderPlainly })
      const all = strangers(4_000)
      const effects = Array.from({ length: 40 }, (_, index) => notify(all.slice(index * 100, (index + 1) * 100)))
      const { changes, fanOuts } = await happen(
        store,
        { id: 'e1', effects },
        { id: 'e2', effects: [notify(['b1', 'b2'])] },
      )
      expect([changes.length, fanOuts]).toEqual([2_002, 20])
      await tellAll(store)
      expect((await store.inboxes.heads(all)).size).toBe(4_000)
    })

    // PGlite reads no faster what is in order; it takes a minute.
    if (name === 'Postgres' && findPrograms() !== undefined)
      it('each step of a large withdrawal, and of an expiry, takes as long as the first', async () => {
        const store = await createStore(await (open ?? empty)(), { render: renderPlainly })
        const all = strangers(30_000)
        const told = async (id: string, more: Parameters<typeof notify>[1]) => {
          const effects = [0, 10_000, 20_000].map((from) => notify(all.slice(from, from + 10_000), more))
          await happen(store, { id, effects })
          return timed(() => tellAll(store))
        }
        const kept = await told('e1', { key: 'k' })
        await happen(store, { id: 'e2', effects: [{ kind: 'withdraw', key: 'k' }] })
        expect(await timed(() => tellAll(store))).toBeLessThan(kept * 8)
        const passing = await told('e3', { expiresAt: new Date(start + HOUR).toISOString() })
        const expire = await timed(async () => {
          while ((await store.upkeep.expire(start + HOUR, 500)).length > 0);
        })
        expect(expire).toBeLessThan(passing * 8)
        expect(await store.inboxes.page('s29999', { limit: 1, filter: 'all' })).toMatchObject({ head: 4, unread: 0 })
        await store.close()
      })

    // PGlite has room for them.
    if (name === 'Postgres')
      it.skipIf(isMissing(findPrograms()))(
        'a batch that takes more locks than the server has memory for is refused, and fits in parts',
        async () => {
          // It fills the table of locks, which all databases of a server share.
          await using server = await startPostgres()
          const database = await openPostgres({ url: await server.createDatabase('locks') })
          const store = await createStore(database, { render: renderPlainly })
          const withdrawals = (count: number) =>
            Array.from({ length: count }, (_, index): Effect => ({ kind: 'withdraw', key: `${count} ${index}` }))
          await expect(happen(store, { id: 'e1', effects: withdrawals(20_000) })).rejects.toMatchObject({
            code: 'STORE_REFUSED',
          })
          expect((await happen(store, { id: 'e2', effects: withdrawals(2_000) })).repeats).toEqual([])
          await store.close()
        },
      )

    const poison = (text: string): string => {
      if (text === 'unknown') throw coreErrors.MESSAGE_NOT_RENDERED({ message: 'p.closed', why: 'no plugin has it' })
      return text === 'poison' ? 'a\0b' : text
    }
    const poisonous: Render = ({ parameters: { text } }) => ({ title: poison(String(text)), body: '' })

    it.each([
      ['poison', start],
      ['unknown', start + HOUR],
    ])(
      'a large audience that cannot be told (%s) is given up as a dead letter, and the next is told',
      async (text, at) => {
        const store = await createStore(await empty(), { render: poisonous, fanOutOver: 2 })
        const people = ['p1', 'p2', 'p3']
        await happen(store, { id: 'e', effects: [{ kind: 'join', people, audience: 'a', because: 'x' }] })
        await happen(store, { id: 'e1', effects: [notify('#a', { text }), notify('#a')] })
        const refused = await store.upkeep.fanOut(at, 9)
        expect(refused).toMatchObject({ changes: [], more: true, refused: { plugin: 'p' } })
        expect((await store.upkeep.fanOut(at, 9)).changes.map(({ person }) => person)).toEqual(people)
        expect(await store.deadLetters.list({ limit: 9 })).toMatchObject([
          { code: 'FAN_OUT_REFUSED', plugin: 'p', event: { id: 'e1' } },
        ])
      },
    )

    it('a large audience whose message this version does not have is left to another instance, for an hour', async () => {
      const database = await empty()
      const options = { fanOutOver: 2 }
      const old = await createStore(database, { ...options, render: poisonous })
      const young = await createStore(database, { ...options, render: renderPlainly })
      const people = ['p1', 'p2', 'p3']
      await happen(young, { id: 'e', effects: [{ kind: 'join', people, audience: 'a', because: 'x' }] })
      await happen(young, { id: 'e1', effects: [notify('#a', { text: 'unknown' }), notify('#a')] })
      const told = async (store: typeof old, at: number, limit = 9) => {
        const { changes, more, refused } = await store.upkeep.fanOut(at, limit)
        return [changes.map(({ person }) => person).join(' '), more, refused !== undefined]
      }
      expect(await told(old, start)).toEqual(['', true, false])
      expect(await told(old, start)).toEqual(['p1 p2 p3', true, false])
      expect(await told(old, start + HOUR - 1)).toEqual(['', false, false])
      expect(await told(young, start + HOUR - 1, 2)).toEqual(['p1 p2', true, false])
      expect(await old.deadLetters.list({ limit: 9 })).toEqual([])
      // Nobody came who knows it, or they are gone again.
      expect(await told(old, start + HOUR)).toEqual(['', true, true])
      expect(await told(old, start + HOUR)).toEqual(['', false, false])
      expect(await old.deadLetters.list({ limit: 9 })).toMatchObject([{ code: 'FAN_OUT_REFUSED', event: { id: 'e1' } }])
    })

    it('a large audience that several instances give up is one dead letter', async () => {
      const database = await empty()
      const gate = Promise.withResolvers<void>()
      let begun = 0
      // It gives up in a second transaction, which another is quicker to begin.
      const held = aroundTransactions(database, { begin: async () => (++begun === 2 ? gate.promise : undefined) })
      const options = { render: poisonous, fanOutOver: 2 }
      const [slow, quick] = [await createStore(held, options), await createStore(database, options)]
      const people = ['p1', 'p2', 'p3']
      const join: Effect = { kind: 'join', people, audience: 'a', because: 'x' }
      await happen(quick, { id: 'e', effects: [join, notify('#a', { text: 'poison' })] })
      const giving = slow.upkeep.fanOut(start, 9)
      await expect.poll(() => begun).toBe(2)
      const given = await quick.upkeep.fanOut(start, 9)
      gate.resolve()
      expect([given.refused?.plugin, (await giving).refused]).toEqual(['p', undefined])
      expect((await quick.deadLetters.list({ limit: 9 })).length).toBe(1)
    })

    it('a large audience keeps only the ids of people who are still to be told', async () => {
      const database = await empty()
      const store = await createStore(database, { render: renderPlainly, fanOutOver: 2 })
      const people = ['p1', 'p2', 'p3', 'p4']
      const join: Effect = { kind: 'join', people, audience: 'a', because: 'x' }
      await happen(store, { id: 'e', effects: [join, notify(['u1', '#a'], { except: to('u2', 'p4') })] })
      const { rows } = await sql<{ all: string }>`select row(f, p)::text as all
        from fanout f join fanout_people p on p.fanout = f.id`.execute(database.db)
      expect(rows.map(({ all }) => all.match(/[up]\d/g))).toEqual([['p1', 'p2', 'p3']])
    })
  })
