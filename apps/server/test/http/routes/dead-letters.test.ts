import { bookingCreated } from '@belfry/contracts/booking'
import { defineErrors } from '@belfry/contracts/errors'
import { type AnyPlugin, coreErrors, definePlugin } from '@belfry/core'
import { createEventLog, type Database, openPGlite } from '@belfry/postgres'
import { describe, expect, it } from 'vitest'
import { begunFolder, startBelfry } from '../../start-belfry.ts'

const when = { startsAt: '2030-05-05T10:00:00Z', endsAt: '2030-05-05T11:00:00Z' }
const booked = (id: string, userId = 'u1', bookingId = 'b1') =>
  bookingCreated.create({ source: '/test', id, data: { bookingId, userId, resourceId: 'r1', ...when } })

const ownErrors = defineErrors({ ROOM_CLOSED: { says: '{room} is closed', remedy: 'Open the room in the calendar.' } })

/** A plugin that fails with an error of its own for r1, and with none for others. */
const strict: AnyPlugin = definePlugin({
  id: 'strict',
  events: { bookingCreated },
  messages: { told: { title: 'Booking {id}', body: '' } },
  on: {
    bookingCreated: ({ data }) => {
      if (data.bookingId === 'b1') throw ownErrors.ROOM_CLOSED({ room: data.resourceId })
      throw new Error('no words')
    },
  },
})

/** A Belfry with these plugins on a folder of its own, and an operator. */
async function operated(plugins: readonly AnyPlugin[]) {
  const folder = await begunFolder()
  let app = await startBelfry({ folder: folder.path, plugins })
  const ops = async (path: string, init: { method?: string; json?: unknown } = {}) => {
    const authorization = `Bearer ${await app.token('op', 'ops')}`
    const { status, body } = await app.call('op', `/v1/ops${path}`, { ...init, headers: { authorization } })
    return { status, body }
  }
  return {
    ops,
    get app() {
      return app
    },
    letters: async (query = '') => (await ops(`/dead-letters${query}`)).body.items,
    /** Changes the store while Belfry is stopped. */
    async changed(change: (database: Database) => Promise<unknown>) {
      await app.belfry.close()
      const database = await openPGlite({ folder: folder.path })
      await change(database)
      await database.close()
      app = await startBelfry({ folder: folder.path, plugins })
    },
    async [Symbol.asyncDispose]() {
      await app.belfry.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('the remedy of a dead letter', () => {
  it('is shown in the list, in the letter and in the log, also where the error is of the plugin', async () => {
    await using at = await operated([strict])
    await at.app.send(booked('e1'), booked('e2', 'u1', 'b2'))
    await expect.poll(async () => (await at.letters()).length).toBe(2)
    const reasons = (await at.letters()).map(({ code, remedy }: Record<string, string>) => [code, remedy])
    expect(reasons).toEqual([
      ['HANDLER_FAILED', coreErrors.HANDLER_FAILED.remedy],
      ['ROOM_CLOSED', ownErrors.ROOM_CLOSED.remedy],
    ])
    expect((await at.ops('/dead-letters/1')).body.remedy).toBe(ownErrors.ROOM_CLOSED.remedy)
    const logged = at.app.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('dead letter: '))
    expect(logged.map(({ code, remedy }) => [code, remedy])).toEqual(reasons.toReversed())
    // Earlier versions kept none: what is known of the code is shown.
    await at.changed(({ db }) => db.updateTable('dead_letter').set({ remedy: null }).execute())
    expect((await at.letters()).map(({ remedy }: Record<string, string>) => remedy)).toEqual([
      coreErrors.HANDLER_FAILED.remedy,
      undefined,
    ])
    expect((await at.ops('/dead-letters/2')).body.remedy).toBe(coreErrors.HANDLER_FAILED.remedy)
  })
})

/** Appends records to the log as they are: they are not valid events. */
const appended =
  (...records: readonly { id?: string; key: string; data: object; source?: string }[]) =>
  async (database: Database) => {
    const { publisher } = createEventLog(database)
    await publisher.publish(
      records.map(({ id, key, data, source = '/test' }) => ({
        topic: 'booking',
        key,
        value: JSON.stringify(data),
        headers: {
          ce_specversion: '1.0',
          ce_type: 'booking.created',
          ce_source: source,
          ...(id !== undefined && { ce_id: id }),
        },
      })),
    )
  }

describe('the list of dead letters', () => {
  it('is narrowed by topic, time, source, id, key and person, and shows them without bytes', async () => {
    await using at = await operated([strict])
    await at.changed(
      appended(
        { id: 'bad', key: 'b7', data: { userId: 'u7', secret: 'in the bytes' } },
        { key: 'b8', data: { userId: 'u8' }, source: '/legacy' },
      ),
    )
    await expect.poll(async () => (await at.letters()).length).toBe(2)
    await at.app.send(booked('e1'), booked('e2', 'u2', 'b2'))
    await expect.poll(async () => (await at.letters()).length).toBe(4)
    const all = await at.letters()
    expect(all.map(({ event, key, code }: Record<string, unknown>) => [event, key, code])).toEqual([
      [{ source: '/test', id: 'e2' }, 'b2', 'HANDLER_FAILED'],
      [{ source: '/test', id: 'e1' }, 'b1', 'ROOM_CLOSED'],
      [{ source: '/legacy' }, 'b8', 'EVENT_INVALID'],
      [{ source: '/test', id: 'bad' }, 'b7', 'EVENT_INVALID'],
    ])
    expect(JSON.stringify(all)).not.toContain('in the bytes')
    expect((await at.ops('/dead-letters/1')).body).toMatchObject({
      event: { source: '/test', id: 'bad' },
      key: 'b7',
      record: { key: { utf8: 'b7' } },
    })
    const first = all.at(-1).at
    const later = new Date(Date.parse(first) + 3_600_000).toISOString()
    const ids = async (query: Record<string, string>) => {
      const { status, body } = await at.ops(`/dead-letters?${new URLSearchParams(query)}`)
      return status === 200 ? body.items.map(({ id }: { id: number }) => id) : [status, body.errors]
    }
    expect(await ids({ topic: 'booking' })).toEqual([4, 3, 2, 1])
    expect(await ids({ topic: 'user' })).toEqual([])
    expect(await ids({ source: '/test' })).toEqual([4, 3, 1])
    expect(await ids({ source: '/test', id: 'bad' })).toEqual([1])
    expect(await ids({ id: 'e2' })).toEqual([4])
    expect(await ids({ key: 'b8' })).toEqual([2])
    expect(await ids({ person: 'u7' })).toEqual([1])
    expect(await ids({ person: 'u1', plugin: 'strict', code: 'ROOM_CLOSED' })).toEqual([3])
    expect(await ids({ from: first, to: later })).toEqual([4, 3, 2, 1])
    expect(await ids({ from: first.replace('Z', '+00:00'), limit: '1' })).toEqual([4])
    expect(await ids({ to: first })).toEqual([])
    expect(await ids({ from: later })).toEqual([])
    // An erasure of the person takes what the list has shown of them.
    await at.ops('/people/u7', { method: 'DELETE' })
    expect(await ids({ person: 'u7' })).toEqual([])
  })

  it('refuses parameters that it cannot read, with what was meant', async () => {
    await using at = await operated([strict])
    const refused = async (query: string) => {
      const { status, body } = await at.ops(`/dead-letters?${query}`)
      return [status, body.code, body.errors?.map(({ path, message }: Record<string, string>) => `${path} ${message}`)]
    }
    const cases: readonly (readonly [string, string])[] = [
      ['persn=u1', '/persn is unknown, did you mean person?'],
      ['topics=booking', '/topics is unknown, did you mean topic?'],
      ['from=yesterday', '/from is "yesterday", expected RFC 3339'],
      ['to=2026-05-01T10:00:00', '/to is "2026-05-01T10:00:00", expected RFC 3339'],
      // A plus sign of an address is a space.
      ['from=2026-05-01T10:00:00+02:00', '/from is "2026-05-01T10:00:00 02:00", expected RFC 3339'],
      ['from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z', '/from is 2026-05-02T00:00:00Z, expected a time before to'],
      ['topic=a&topic=b', '/topic is a list of 2, expected a topic'],
      [`source=${'x'.repeat(513)}`, '/source is "xxx'],
      [`key=${'x'.repeat(1_025)}`, '/key is "xxx'],
      ['person=a%00b', '/person is "a'],
    ]
    for (const [query, problem] of cases) {
      const [status, code, errors] = await refused(query)
      expect([status, code, errors?.length]).toEqual([400, 'REQUEST_INVALID', 1])
      expect(errors[0]).toContain(problem)
    }
  })
})

describe('the retry of a dead letter whose event was corrected and sent again', () => {
  const invalid = { id: 'e1', key: 'b9', data: { userId: 'u1', bookingId: 'b9' } }
  const retry = (at: Awaited<ReturnType<typeof operated>>, id: number, json?: object) =>
    at.ops(`/dead-letters/${id}/retry`, { method: 'POST', ...(json && { json }) })
  const telling: AnyPlugin = definePlugin({
    id: 'telling',
    events: { bookingCreated },
    messages: { told: { title: 'Booking {id}', body: '' } },
    on: { bookingCreated: ({ data }, { notify }) => [notify.told(data.userId, { id: data.bookingId })] },
  })
  const told = async (at: Awaited<ReturnType<typeof operated>>) =>
    (await at.app.call('u1', '/v1/notifications')).body.items.length

  it.each([[undefined], [{ force: true }]])('says so, and deletes it, with %j', async (json) => {
    await using at = await operated([telling])
    await at.changed(appended(invalid, { ...invalid, id: 'other' }))
    await expect.poll(async () => (await at.letters()).length).toBe(2)
    expect(await retry(at, 1)).toMatchObject({ status: 422, body: { code: 'DEAD_LETTER_FAILED_AGAIN' } })
    expect(await at.app.send(booked('e1', 'u1', 'b9'))).toBe(202)
    await expect.poll(() => told(at)).toBe(1)
    expect((await at.ops('/dead-letters/1')).body).toMatchObject({ repeated: true, followedBy: 1 })
    expect(await retry(at, 1, json)).toEqual({
      status: 200,
      body: {
        outcome: 'repeat',
        notifications: 0,
        detail:
          'its event has been sent again and applied since: nothing is applied now, and the dead letter is deleted',
      },
    })
    expect(await retry(at, 1, json)).toMatchObject({ status: 404 })
    // Another event of the key does not correct this one.
    expect((await at.ops('/dead-letters/2')).body).not.toHaveProperty('repeated')
    expect(await retry(at, 2)).toMatchObject({ status: 409, body: { code: 'DEAD_LETTER_FOLLOWED' } })
    expect(await retry(at, 2, { force: true })).toMatchObject({ status: 422 })
    expect(await told(at)).toBe(1)
  })

  it('says so of a record that is too large to be kept whole', async () => {
    await using at = await operated([telling])
    await at.changed(appended({ ...invalid, data: { ...invalid.data, padding: 'x'.repeat(100_000) } }))
    await expect.poll(async () => (await at.letters()).length).toBe(1)
    expect(await retry(at, 1)).toMatchObject({ status: 422, body: { code: 'RETRY_IMPOSSIBLE' } })
    expect(await at.app.send(booked('e1', 'u1', 'b9'))).toBe(202)
    await expect.poll(() => told(at)).toBe(1)
    expect(await retry(at, 1)).toMatchObject({ status: 200, body: { outcome: 'repeat' } })
  })

  it('says so of a record that can be decoded only now, and that its content was another', async () => {
    await using at = await operated([telling])
    await at.changed(appended(invalid, invalid))
    await expect.poll(async () => (await at.letters()).length).toBe(2)
    const corrected = booked('e1', 'u1', 'b9')
    expect(await at.app.send(corrected)).toBe(202)
    await expect.poll(() => told(at)).toBe(1)
    // As earlier versions kept it, and as this version decodes it.
    const bytesOf = (data: object) => Buffer.from(JSON.stringify(data))
    await at.changed(async ({ db }) => {
      const same = { read_source: null, read_id: null, value: bytesOf(corrected.data) }
      await db.updateTable('dead_letter').set(same).execute()
      const other = { value: bytesOf({ ...corrected.data, resourceId: 'r2' }) }
      await db.updateTable('dead_letter').set(other).where('id', '=', 2).execute()
    })
    const detail = async (id: number) => (await retry(at, id)).body.detail
    expect(await detail(1)).toMatch(/^its event has been sent again and applied since:/)
    expect(await detail(2)).toMatch(/^its event has been sent again with other content and applied since:/)
    expect([await told(at), await at.letters()]).toEqual([1, []])
  })

  it('applies it for the plugin that failed, for which nothing else has applied it', async () => {
    const state = { broken: true }
    const fragile: AnyPlugin = definePlugin({
      id: 'fragile',
      events: { bookingCreated },
      messages: { told: { title: 'Again {id}', body: '' } },
      on: {
        bookingCreated: ({ data }, { notify }) => {
          if (state.broken) throw new Error('no words')
          return [notify.told(data.userId, { id: data.bookingId })]
        },
      },
    })
    await using at = await operated([telling, fragile])
    await at.app.send(booked('e1'))
    await expect.poll(async () => (await at.letters()).length).toBe(1)
    state.broken = false
    // Sent again it is a repeat for all plugins.
    await at.app.send(booked('e1'), booked('e2', 'u2', 'b2'))
    await expect.poll(async () => (await at.app.call('u2', '/v1/notifications')).body.items.length).toBe(2)
    expect(await retry(at, 1)).toEqual({ status: 200, body: { outcome: 'applied', notifications: 1 } })
    expect(await told(at)).toBe(2)
  })
})
