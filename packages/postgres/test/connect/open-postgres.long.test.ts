import { happen, notify, renderPlainly, start } from '@belfry/core/testing'
import { createProxy, findPrograms, isMissing, startPostgres } from '@belfry/test-services'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createStore, openPostgres } from '../../src/index.ts'

const options = { render: renderPlainly, clock: () => start }
describe.skipIf(isMissing(findPrograms()))('Postgres', () => {
  it('releases the locks of a transaction whose process is idle', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const [stopped, other] = [await openPostgres({ url }), await openPostgres({ url })]
    const locked = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    const silent = stopped.background.transaction().execute(async (trx) => {
      await sql`select epoch from store for update`.execute(trx)
      locked.resolve()
      await over.promise
      await sql`select 1`.execute(trx)
    })
    silent.catch(() => {})
    await locked.promise
    await sql`select epoch from store for update`.execute(other.background)
    over.resolve()
    await expect(silent).rejects.toThrow()
    // And goes on with another connection.
    await sql`select epoch from store for update`.execute(stopped.background)
    await Promise.all([stopped.close(), other.close()])
  })

  it('that is cut off while it is opened is reported as unreachable, at whatever moment', async () => {
    await using server = await startPostgres()
    const proxy = await createProxy(server.port)
    for (let at = 1, opened = false; !opened; at += 3) {
      const url = await server.createDatabase(`cut_${at}`)
      let messages = 0
      proxy.onSend = () => (++messages === at ? 'pass-then-cut' : 'pass')
      const database = await openPostgres({ url: url.replace(String(server.port), String(proxy.port)) }).catch(
        (error: unknown) => void expect(error).toMatchObject({ code: 'POSTGRES_UNREACHABLE' }),
      )
      // Past the last message of an opening nothing was cut.
      opened = messages < at
      await database?.close()
    }
    await proxy.close()
  })

  it('fails requests that wait, and not the intake', async () => {
    await using server = await startPostgres()
    const url = await server.createDatabase('belfry')
    const database = await openPostgres({ url })
    const store = await createStore(database, options)
    await happen(store, { id: 'e1', effects: [notify('u1')] })
    const gate = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const holding = database.background.transaction().execute(async (trx) => {
      await sql`select from inbox where person = 'u1' for update`.execute(trx)
      locked.resolve()
      await gate.promise
    })
    await locked.promise
    const applying = happen(store, { id: 'e2', effects: [notify('u1')] })
    await expect(store.inboxes.mark('u1', 1, { read: true })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    // Who only reads waits for nobody.
    expect((await store.inboxes.page('u1', { limit: 9, filter: 'all' })).head).toBe(1)
    gate.resolve()
    await holding
    expect((await applying).changes).toMatchObject([{ after: 1, head: 2 }])
    await store.close()
  })
})
