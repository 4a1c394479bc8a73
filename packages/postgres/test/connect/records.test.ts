import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records } from '../../src/connect/records.ts'
import { type Database, openPGlite } from '../../src/index.ts'

describe('rows as arrays in binary form', () => {
  let database: Database
  beforeAll(async () => {
    database = await openPGlite()
  })
  afterAll(() => database.close())
  const read = async (rows: readonly Readonly<Record<string, unknown>>[], columns: string) =>
    (await sql`select * from ${records(rows, columns)}`.execute(database.db)).rows

  it('arrive as they were, of every type', async () => {
    const rows = [
      {
        text: 'a "b" \\ {c}, Zoë 😀\n',
        number: -2_147_483_648,
        offset: 9_007_199_254_740_991,
        is: true,
        at: new Date('1969-12-31T23:59:59.999Z'),
        id: '5f1f6c1e-8a3c-5d5b-9c0e-2b7d3e4a6f90',
        bytes: new Uint8Array([0, 1, 255]),
        json: { a: [1, null, 'é'] },
        texts: ['x', 'a "b", \\ {c}', ''],
      },
      { text: '', number: 7, offset: -3, is: false, at: new Date('9999-12-31T23:59:59.999Z'), texts: [] },
      {},
    ]
    const columns =
      'text text collate "C", number int, "offset" bigint, is boolean, at timestamptz, id uuid, bytes bytea, json jsonb, texts text[]'
    const none = { text: null, number: null, offset: null, is: null, at: null, id: null, bytes: null, json: null }
    const found = await read(rows, columns.replace(' is boolean', ' "is" boolean'))
    expect(found).toEqual([rows[0], { ...none, ...rows[1] }, { ...none, texts: null }])
  })

  it('are none where there are no rows, and null in a column that no row has', async () => {
    expect(await read([], 'person text, seq int')).toEqual([])
    expect(await read([{ person: 'u1' }, { person: 'u2' }], 'person text, seq int')).toEqual([
      { person: 'u1', seq: null },
      { person: 'u2', seq: null },
    ])
  })

  it('arrive however large they are, and small ones after them', async () => {
    const large = 'é'.repeat(3_000_000)
    const [row] = await read([{ text: large, size: 1 }], 'text text, size int')
    expect(row).toEqual({ text: large, size: 1 })
    expect(await read([{ text: 'a', size: 2 }], 'text text, size int')).toEqual([{ text: 'a', size: 2 }])
  })

  it('are refused where a text would be stored as another, or a number is none', () => {
    expect(() => records([{ text: 'a\ud800' }], 'text text')).toThrow('lone surrogate')
    expect(() => records([{ json: { a: 'a\ud800' } }], 'json jsonb')).not.toThrow()
    expect(() => records([{ number: 2 ** 31 }], 'number int')).toThrow(RangeError)
    expect(() => records([{ number: 0.5 }], 'number bigint')).toThrow(RangeError)
    expect(() => records([], 'number float8')).toThrow('not a column of records')
  })
})
