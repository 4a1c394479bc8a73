import { bookingCreated } from '@belfry/contracts/booking'
import { defineErrors } from '@belfry/contracts/errors'
import { type AnyPlugin, coreErrors, definePlugin } from '@belfry/core'
import { type Database, openPGlite } from '@belfry/postgres'
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
