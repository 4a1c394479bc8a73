import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchOf, happen, notify, renderPlainly, sliceOf, start } from '@belfry/core/testing'
import { sql } from 'kysely'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { isPassing } from '../../src/connect/store-errors.ts'
import { createEventLog, createStore, openPGlite } from '../../src/index.ts'

const folders: string[] = []
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const options = { render: renderPlainly, clock: () => start }
const record = (value: string) => ({ topic: 't', key: 'k', value, headers: {} })

describe('a folder', () => {
  it('keeps inboxes, positions, epoch and log from one opening to the next', async () => {
    const folder = newFolder()
    const first = await openPGlite({ folder })
    const store = await createStore(first, options)
    await happen(store, { id: 'e1', effects: [notify('u1')] })
    await createEventLog(first).publisher.publish([record('0'), record('1')])
    await store.close()

    const second = await openPGlite({ folder })
    const again = await createStore(second, options)
    expect(again.history.epoch).toBe(store.history.epoch)
    expect(await again.inboxes.page('u1', { limit: 10, filter: 'all' })).toMatchObject({
      head: 1,
      unread: 1,
      items: [{ seq: 1 }],
    })
    // Applied before it was closed: not again.
    expect((await happen(again, { id: 'e1', effects: [notify('u1')] })).repeats).toHaveLength(1)
    const { source, publisher } = createEventLog(second)
    await source.open(['t'], again.positions)
    source.resume('t')
    await publisher.publish([record('2')])
    // Position 2 was reached by the two happenings; the log goes on from there.
    expect((await source.take(10)).flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([2])
    await again.close()
  })

  it('belongs to one process at a time, and a kill releases it', async () => {
    const folder = newFolder()
    const source = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
    // It keeps nothing of what it opened, and its garbage is collected: the folder is its own all the same.
    const holder = spawn(process.execPath, [
      '--expose-gc',
      '-e',
      `const { openPGlite } = await import(${JSON.stringify(source)})
      await openPGlite({ folder: ${JSON.stringify(folder)} })
      for (let turn = 0; turn < 10; turn++) { gc(); await new Promise((resolve) => setImmediate(resolve)) }
      console.log('held')
      setInterval(() => {}, 1e6)`,
    ])
    onTestFinished(() => void holder.kill('SIGKILL'))
    let said = ''
    holder.stderr.on('data', (data) => (said += data))
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    await expect(openPGlite({ folder })).rejects.toThrow(`FOLDER_IN_USE: ${folder} is in use by another process`)
    const gone = new Promise((resolve) => holder.once('exit', resolve))
    holder.kill('SIGKILL')
    await gone
    await (await openPGlite({ folder })).close()
    // Node warns of nothing that we use.
    expect(said).toBe('')
  })

  it('that is not a folder is refused with a sentence', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    await expect(openPGlite({ folder: file })).rejects.toThrow(
      `FOLDER_UNUSABLE: ${file} cannot be used: there is a file in its place`,
    )
  })

  it('that a newer version has migrated is refused with a sentence, and left as it is', async () => {
    const folder = newFolder()
    const first = await openPGlite({ folder })
    await sql`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030')`.execute(first.db)
    await first.close()
    await expect(openPGlite({ folder })).rejects.toThrow(
      'STORE_NEWER: the store was migrated by a newer Belfry: it has 9999-from-the-future',
    )
    // Refused, it holds nothing.
    await expect(openPGlite({ folder })).rejects.toThrow('STORE_NEWER')
  })
})

describe('the one session', () => {
  it('runs no statement within the transaction of another call, reads included', async () => {
    const { db, close } = await openPGlite()
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const writing = db.transaction().execute(async (trx) => {
      await sql`insert into withdrawal (plugin, key, at) values ('p', 'k', now())`.execute(trx)
      order.push('written')
      await gate.promise
      throw new Error('rolled back')
    })
    await expect.poll(() => order).toEqual(['written'])
    // The transaction is under way, and the session is its own until it ends.
    const reading = db
      .selectFrom('withdrawal')
      .selectAll()
      .execute()
      .then((rows) => order.push(`read ${rows.length}`))
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(order).toEqual(['written'])
    gate.resolve()
    await expect(writing).rejects.toThrow('rolled back')
    await reading
    expect(order).toEqual(['written', 'read 0'])
    await close()
  })
})

describe('what goes wrong', () => {
  it.each([
    ['40P01', true],
    ['28P01', true],
    ['3D000', true],
    ['25P04', true],
    ['53300', true],
    ['57P03', true],
    ['22P05', false],
    ['23505', false],
    ['42P01', false],
    ['XX000', false],
    ['EPIPE', true],
    ['ECONNREFUSED', true],
    ['CERT_HAS_EXPIRED', true],
    ['ERR_STREAM_DESTROYED', true],
    ['ERR_INVALID_ARG_TYPE', false],
  ])('with the code %s may be gone when it is tried again: %s', (code, passes) => {
    expect(isPassing(Object.assign(new Error('x'), { code }))).toBe(passes)
  })

  it('is transient or not', async () => {
    const database = await openPGlite()
    const store = await createStore(database, options)
    await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
    const poison = sliceOf(0, [{ id: 'e1', effects: [notify('u1'), notify('a\0b')] }])
    await expect(store.batches.apply(batchOf(poison))).rejects.toMatchObject({ code: 'STORE_REFUSED' })
    // Nothing of it was applied, and the next call is served.
    expect(await store.inboxes.page('u1', { limit: 10, filter: 'all' })).toEqual({ items: [], head: 0, unread: 0 })
    await store.close()
    await expect(store.ready()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(createEventLog(database).publisher.publish([record('x')])).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    })
  })
})
